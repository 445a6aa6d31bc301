import { z } from "zod";
import {
  duration,
  PHASES,
  PREVIEW_ENVIRONMENT,
  previewEnvironmentManifestSchema,
  previewEnvironmentSchema,
  previewEnvironmentStatusSchema,
} from "../../spec/index.ts";
import { commitId } from "../../spec/source.ts";
import { PROBLEMS } from "../http/problem.ts";

const { group, version, kind } = PREVIEW_ENVIRONMENT;

const texts = (values: z.ZodString) => z.record(z.string(), values);

/** What callers send to create an environment: as in a file for `kubectl`, with no more metadata than is theirs to say. */
export const manifestSchema = previewEnvironmentManifestSchema.extend({
  metadata: z
    .strictObject({
      name: previewEnvironmentManifestSchema.shape.metadata.shape.name,
      namespace: z.string().max(63).optional().meta({ description: "The platform's namespace, or nothing." }),
      labels: texts(z.string().max(63)).optional().meta({ description: "Labels, as Kubernetes has them." }),
      annotations: texts(z.string().max(4096)).optional().meta({ description: "Annotations, as Kubernetes has them." }),
    })
    .meta({ description: "Who it is." }),
});

/** An Environment object. */
export const environmentSchema = z
  .strictObject({
    apiVersion: z.literal(`${group}/${version}`),
    kind: z.literal(kind),
    metadata: z.looseObject({
      name: z.string(),
      namespace: z.string(),
      uid: z.string(),
      generation: z.int(),
      resourceVersion: z.string(),
      creationTimestamp: z.iso.datetime(),
      deletionTimestamp: z.iso.datetime().optional().meta({ description: "Since when it is being removed." }),
      labels: texts(z.string()).optional(),
      annotations: texts(z.string()).optional(),
    }),
    spec: previewEnvironmentSchema,
    status: previewEnvironmentStatusSchema.optional(),
  })
  .meta({ id: "Environment", description: "A preview environment, as the cluster has it." });

/** A page of environments. */
export const environmentListSchema = z
  .strictObject({
    items: z.array(environmentSchema),
    total: z.int().min(0).meta({ description: "How many there are on all pages." }),
    continue: z.string().optional().meta({ description: "Leads to the next page. Default: this is the last one." }),
  })
  .meta({ id: "EnvironmentList", description: "A page of environments, by name." });

/** Which environments, and how many at once. */
export const listQuerySchema = z.strictObject({
  phase: z.enum(PHASES).optional().meta({ description: "Only those in this phase." }),
  repository: z.string().max(512).optional().meta({ description: "Only those of this repository, in any spelling." }),
  branch: z.string().max(512).optional().meta({ description: "Only those of this branch." }),
  owner: z.string().max(128).optional().meta({ description: "Only those of this owner." }),
  pullRequest: z.int().min(1).max(2_147_483_647).optional().meta({ description: "Only those of this pull request." }),
  labelSelector: z.string().max(1024).optional().meta({
    description: 'Only those whose labels match, as for kubectl: "team=shop,tier in (a,b),!old".',
  }),
  limit: z.int().min(1).max(500).default(100).meta({ description: "Most environments of a page." }),
  continue: z.string().max(128).optional().meta({ description: "`continue` of the page before." }),
});

/** Options of creation. */
export const createQuerySchema = z.strictObject({
  dryRun: z.boolean().default(false).meta({ description: "Only have the cluster check it." }),
});

/** By how long something is extended. */
export const extensionSchema = z.strictObject({
  by: duration.max(16).meta({ description: "Time span from the end of its time to live." }),
});

/** What is approved. */
export const approvalSchema = z.strictObject({
  commit: commitId.meta({
    description: "The commit that was looked at; another one than the environment's is refused.",
  }),
});

/** The last lines of an environment's last operation. */
export const logSchema = z
  .strictObject({
    lines: z.array(z.string()).meta({ description: "Its last lines; none before the first operation." }),
  })
  .meta({ id: "Log", description: "The log of the last operation, or of the one that runs." });

const eventSchema = z
  .strictObject({
    type: z.string().meta({ description: "Normal or Warning." }),
    reason: z.string().meta({ description: "Why, in one word, for programs." }),
    message: z.string().meta({ description: "What happened, for people." }),
    count: z.int().optional().meta({ description: "How often." }),
    firstTimestamp: z.string().optional().meta({ description: "When it happened first." }),
    lastTimestamp: z.string().optional().meta({ description: "When it happened last." }),
    version: z.int().meta({ description: "Grows with each change of any event." }),
  })
  .meta({ id: "Event", description: "A Kubernetes Event about an environment." });

/** Events about an environment. */
export const eventListSchema = z
  .strictObject({ items: z.array(eventSchema) })
  .meta({ id: "EventList", description: "Events about an environment, the oldest first." });

/** What an update changed. */
export const diffSchema = previewEnvironmentStatusSchema
  .unwrap()
  .shape.diff.unwrap()
  .meta({ id: "Diff", description: "What the last update changed." });

/** Every answer that is no success. */
export const problemSchema = z
  .strictObject({
    type: z
      .enum(Object.keys(PROBLEMS).map((code) => `urn:terrarium:problem:${code}`))
      .meta({ description: "The kind of problem, for programs." }),
    title: z.string().meta({ description: "The kind of problem, for people." }),
    status: z.int().meta({ description: "The HTTP status." }),
    detail: z.string().meta({ description: "What is wrong with this request, and what to do." }),
    errors: z
      .array(
        z.strictObject({
          path: z.string().meta({ description: "Where, such as spec.source.branch." }),
          got: z.string().optional().meta({ description: "The value, shortened." }),
          expected: z.string().meta({ description: "What is allowed there." }),
          unknownKey: z.literal(true).optional().meta({ description: "The key itself is wrong." }),
        }),
      )
      .optional()
      .meta({ description: "What is wrong with single values." }),
  })
  .meta({ id: "Problem", description: "Why a request is not done. See RFC 9457." });
