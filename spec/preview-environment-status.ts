import { z } from "zod";

/** Where a preview environment is in its life. */
export const PHASES = ["Queued", "Provisioning", "Ready", "Asleep", "Failed", "Terminating", "DeleteBlocked"] as const;
/** See {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** Types of conditions, and the reasons that each may have. */
export const CONDITIONS = {
  /** The environment runs as `spec` says. */
  Ready: [
    "Queued",
    "Provisioning",
    "Ready",
    "Asleep",
    "InvalidSpec",
    "UnknownRepository",
    "ApprovalNeeded",
    "PolicyViolation",
    "UpdateFailed",
    "Timeout",
    "OutOfMemory",
    "StateLocked",
    "ClusterUnavailable",
    "RunnerLost",
    "Terminating",
  ],
  /** A place was found under the caps. */
  Admitted: ["Admitted", "GlobalCap", "RepositoryCap", "UserCap", "Asleep"],
  /** It sleeps, or is being put to sleep. */
  Asleep: ["Awake", "Idle", "Scheduled", "Requested"],
  /** What runs is what the program wants, as far as the last look found. */
  InSync: ["InSync", "Drifted", "Repaired", "NotChecked"],
  /** Its database started with the data that was chosen. Only where some was. */
  Seeded: ["Loaded", "Restored", "NotLoaded"],
  /** Its time runs out soon, or has. */
  Expiring: ["NotExpiring", "ExpiresSoon", "Expired"],
  /** Why a deletion does not end. Only while it does not. */
  DeleteBlocked: ["DestroyFailed", "NamespaceHeld", "VolumeHeld", "StackHeld"],
} as const;

/** A type of condition. */
export type ConditionType = keyof typeof CONDITIONS;

const time = z.iso.datetime();

const conditionSchema = z
  .strictObject({
    type: z.enum(Object.keys(CONDITIONS) as [ConditionType, ...ConditionType[]]).meta({
      description: "What it is about.",
    }),
    status: z.enum(["True", "False", "Unknown"]).meta({ description: "Whether it holds." }),
    reason: z.string().meta({ description: "Why, in one word, for programs." }),
    message: z.string().meta({ description: "What, why, and what to do, for people." }),
    lastTransitionTime: time.meta({ description: "When `status` last changed." }),
    observedGeneration: z.int().meta({ description: "The generation of the object that it speaks of." }),
  })
  .readonly();

/** A condition as Kubernetes writes it. */
export type Condition<Type extends ConditionType = ConditionType> = Omit<
  z.output<typeof conditionSchema>,
  "type" | "reason"
> & { readonly type: Type; readonly reason: (typeof CONDITIONS)[Type][number] };

const count = z.int().min(0);

const diffSchema = z
  .strictObject({
    create: count.meta({ description: "Resources to create." }),
    update: count.meta({ description: "Resources to change in place." }),
    replace: count.meta({ description: "Resources to delete and create again." }),
    delete: count.meta({ description: "Resources to delete." }),
    same: count.meta({ description: "Resources that stay as they are." }),
    resources: z.array(z.string()).max(50).readonly().meta({
      description: 'The resources that change, at most 50, e.g. "update Deployment/guestbook-backend".',
    }),
  })
  .readonly();

/** What an update changes or would change. */
export type DiffSummary = z.output<typeof diffSchema>;

const stepSchema = z
  .strictObject({
    name: z.string().meta({ description: "Name of the step." }),
    startedAt: time.meta({ description: "When it began." }),
    finishedAt: time.optional().meta({ description: "When it ended. Default: it has not." }),
    seconds: z.number().min(0).optional().meta({
      description: "How long it took, with one decimal. Default: it has not ended.",
    }),
  })
  .readonly();

/** One step of the last update. */
export type StepTiming = z.output<typeof stepSchema>;

const routeSchema = z
  .strictObject({
    path: z.string().meta({ description: "Start of the paths." }),
    service: z.string().meta({ description: "Service in the environment's namespace." }),
    port: z.int().meta({ description: "Its port." }),
  })
  .readonly();

/** Where requests with some path go. */
export type EnvironmentRoute = z.output<typeof routeSchema>;

/**
 * Schema of an Environment's `status`; written by the platform service alone. The API server drops every field that is
 * not in here.
 */
export const previewEnvironmentStatusSchema = z
  .strictObject({
    phase: z.enum(PHASES).optional().meta({ description: "Where it is in its life." }),
    observedGeneration: z
      .int()
      .optional()
      .meta({ description: "The generation of the object that was acted on last." }),
    conditions: z
      .array(conditionSchema)
      .readonly()
      .optional()
      .meta({ description: "What holds, with the reasons; one of each type.", mapKey: "type" }),
    namespace: z.string().optional().meta({ description: "Namespace that it runs in." }),
    stack: z.string().optional().meta({ description: "Name of its Pulumi stack." }),
    url: z.string().optional().meta({ description: "Address of its web page." }),
    routes: z.array(routeSchema).max(64).readonly().optional().meta({
      description: "What answers at its address, where the platform's activator passes requests on.",
    }),
    commit: z.string().optional().meta({ description: "The commit that runs." }),
    applied: z.string().optional().meta({ description: "Fingerprint of the description that runs." }),
    failed: z.string().optional().meta({ description: "Fingerprint of the description whose last update failed." }),
    position: z.int().min(1).optional().meta({ description: "Place in the queue, while Queued." }),
    lastRequestAt: time.optional().meta({
      description:
        "When a request for one of its pages last came, give or take half a minute; the activator writes it.",
    }),
    expiresAt: time.optional().meta({ description: "When its time to live ends." }),
    operation: z
      .strictObject({
        id: z.string().meta({ description: "Name of the operation, as in the service's log." }),
        kind: z.string().meta({ description: "What it does: apply, destroy or detect-drift." }),
        startedAt: time.meta({ description: "When it began." }),
        progress: z.string().optional().meta({ description: "What it is at." }),
        fingerprint: z.string().optional().meta({ description: "Fingerprint of the description that it applies." }),
        commit: z.string().optional().meta({ description: "The commit in that description." }),
      })
      .readonly()
      .optional()
      .meta({ description: "The operation that runs now." }),
    steps: z.array(stepSchema).readonly().optional().meta({ description: "Steps of the last update, in their order." }),
    diff: diffSchema.optional().meta({ description: "What the last update changed." }),
    attempts: count.optional().meta({ description: "Failed attempts in a row." }),
    retryAt: time
      .optional()
      .meta({ description: "When the next attempt starts; without it only a change starts one." }),
    driftCheckedAt: time.optional().meta({ description: "When changes by hand were last looked for." }),
    driftFailures: count.optional().meta({ description: "Looks for changes by hand in a row that failed." }),
  })
  .readonly()
  .meta({ description: "What the platform service found and did." });

/** See {@link previewEnvironmentStatusSchema}. */
export type PreviewEnvironmentStatus = Omit<z.output<typeof previewEnvironmentStatusSchema>, "conditions"> & {
  readonly conditions?: readonly Condition[];
};
