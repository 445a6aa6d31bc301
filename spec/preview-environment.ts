import { z } from "zod";
import { duration } from "./duration.ts";
import { quotaOf } from "./environment.ts";
import { imageReference, resourcesOf } from "./fields.ts";
import { MAX_NAME_LENGTH, MAX_USER_NAME_LENGTH } from "./names.ts";
import type { PreviewEnvironmentStatus } from "./preview-environment-status.ts";
import { PLAIN_QUANTITIES, type QuantityKind } from "./quantity.ts";
import { sleepSchema } from "./sleep.ts";
import { branchName, commitId, repositoryAddress } from "./source.ts";

/** Group, version and names of the custom resource. */
export const PREVIEW_ENVIRONMENT = {
  group: "terrarium.dev",
  version: "v1alpha1",
  kind: "Environment",
  plural: "environments",
  shortName: "tenv",
  category: "terrarium",
  /** Keeps an object until what it stands for is proven gone. */
  finalizer: "terrarium.dev/environment",
  /** Start of the name of the namespace that a preview environment runs in; its own name follows. */
  namespacePrefix: "preview-",
  /** Labels of an Environment's namespaces; nothing is removed as a leftover that lacks them. */
  labels: {
    /** The Environment's name. */
    environment: "terrarium.dev/environment",
    /** Namespace of the Environment object: whose platform it is. */
    platform: "terrarium.dev/platform",
  },
} as const;

/** Longest name of an Environment, in characters: its log collector's namespace has a prefix and a suffix. */
const MAX_NAME = MAX_NAME_LENGTH - PREVIEW_ENVIRONMENT.namespacePrefix.length - "-logs".length;

const PLAIN_QUANTITY_EXAMPLES: Readonly<Record<QuantityKind, string>> = {
  cpu: 'cores such as "250m", "0.5" or "2", with at most three decimals',
  bytes: 'whole bytes such as "128Mi", "1Gi" or "500M", "1M" at least',
};

/** Names with two underscores at the start, such as "__proto__", are no names that an application reads. */
const variableName = z.string().regex(/^(_?[A-Za-z][A-Za-z0-9_]*|_)$/, {
  error: "letters, digits and '_', not starting with a digit or '__'",
});

/**
 * The schema of an Environment's `spec`. The API server checks the same with the same words, so a check is a pattern, a
 * range, a choice or a number of entries, and every text and every map has a limit: see platform/crd. The name is the
 * object's, the application comes from the repository.
 */
export const previewEnvironmentSchema = z
  .strictObject({
    source: z
      .strictObject({
        repository: repositoryAddress.meta({
          description:
            "Address of the git repository; the platform's configuration knows what it deploys. It stays as it was created.",
          immutable: true,
        }),
        branch: branchName.meta({ description: "Branch to deploy." }),
        commit: commitId.optional().meta({
          description: "Commit to deploy. Default: the branch's newest, in mode source.",
        }),
      })
      .meta({ description: "What is deployed." }),
    mode: z.enum(["image", "source"]).default("image").meta({
      description:
        "image: runs images that were built for the commit. source: builds and runs from the repository. It stays as it was created.",
      immutable: true,
    }),
    owner: z
      .string()
      .max(128)
      .regex(/^[!-~]{1,63}$/, { error: "a user's name: 1 to 63 letters, digits and signs, without spaces" })
      .optional()
      .meta({ description: "Who asked for it; caps per user count by this. Default: nobody in particular." }),
    pullRequest: z
      .strictObject({
        number: z.int().min(1).max(2_147_483_647).meta({ description: "Its number." }),
        url: z
          .string()
          .max(512)
          .regex(/^https?:\/\/[!-~]+$/, { error: "an address that starts with https:// or http://" })
          .optional()
          .meta({ description: "Address of its page." }),
        fork: z.boolean().default(false).meta({
          description:
            "Whether its commits come from a fork. Then nothing runs before `approval`, and what runs gets no secret of the platform and less network.",
        }),
      })
      .optional()
      .meta({
        description:
          "The pull request that it belongs to. The platform service writes it; others need the right to `approve`.",
      }),
    approval: z
      .strictObject({
        commit: commitId.meta({ description: "The one commit that may run; any other waits." }),
        by: z
          .string()
          .max(256)
          .regex(/^[!-~]{1,253}$/, { error: "a user's name: 1 to 253 letters, digits and signs, without spaces" })
          .meta({ description: "Who approved it." }),
      })
      .optional()
      .meta({
        description:
          "Lets one commit of a fork run. Who writes it needs the right to update `environments/approve`. Default: none.",
      }),
    overrides: z
      .strictObject({
        services: mapOf(
          label(MAX_USER_NAME_LENGTH),
          z.strictObject({
            image: imageReference.max(512).optional().meta({ description: "Another container image." }),
            replicas: z.int().min(0).max(10).optional().meta({ description: "Another number of pods." }),
            env: mapOf(variableName, z.string(), 64)
              .optional()
              .meta({ description: "More non-secret environment variables, at most 64." }),
            resources: resourcesOf(plainQuantity).optional(),
          }),
          32,
        )
          .optional()
          .meta({ description: "Differences by name of the service, for at most 32 services." }),
      })
      .optional()
      .meta({
        description: "Differences from the description that the platform's configuration has for the repository.",
      }),
    ttl: duration.max(16).optional().meta({
      description: 'Time to live from creation, such as "72h". Default: the platform\'s.',
    }),
    extendedUntil: z.iso
      .datetime({ error: 'a time in UTC such as "2030-01-31T18:00:00Z"' })
      .max(64)
      .optional()
      .meta({ description: "Keeps the environment until then even where its time to live ends earlier." }),
    sleep: sleepSchema.optional(),
    quota: quotaOf(plainQuantity).optional(),
    seed: z
      .strictObject({
        testCredentials: z.boolean().default(true).meta({ description: "Whether migrations seed test users." }),
        data: label(MAX_USER_NAME_LENGTH).optional().meta({
          description:
            "Which of the seeds that the platform's configuration has for the repository is loaded into the empty database; none: none. Default: the repository's.",
        }),
      })
      .prefault({})
      .meta({ description: "Data that a new environment starts with; never production data." }),
    drift: z.enum(["ignore", "report", "repair"]).optional().meta({
      description: "What happens when somebody changes objects by hand. Default: the platform's.",
    }),
  })
  .meta({
    description: "A preview environment: what the platform service drives the world to.",
  });

/** Schema of an Environment as people write it, in a file or by options. */
export const previewEnvironmentManifestSchema = z.strictObject({
  apiVersion: z.literal(`${PREVIEW_ENVIRONMENT.group}/${PREVIEW_ENVIRONMENT.version}`),
  kind: z.literal(PREVIEW_ENVIRONMENT.kind),
  metadata: z.looseObject({ name: label(MAX_NAME).meta({ description: "Name of the preview environment." }) }),
  spec: previewEnvironmentSchema,
});

/** An Environment as people write it. */
export type PreviewEnvironmentManifest = z.input<typeof previewEnvironmentManifestSchema>;

/** A name that becomes a DNS label, as one pattern. */
function label(max: number) {
  return z.string().regex(new RegExp(`^[a-z]([-a-z0-9]{0,${max - 2}}[a-z0-9])?$`), {
    error: `at most ${max} lower-case letters, digits and '-', starting with a letter and ending with a letter or digit`,
  });
}

/** A quantity as text that a pattern can judge. */
function plainQuantity(kind: QuantityKind) {
  return z
    .string()
    .max(32)
    .regex(PLAIN_QUANTITIES[kind], { error: PLAIN_QUANTITY_EXAMPLES[kind] })
    .meta({ description: `${PLAIN_QUANTITY_EXAMPLES[kind]}.`, format: kind === "cpu" ? "cores" : "bytes" });
}

function mapOf<Value extends z.ZodType>(keys: z.ZodString, values: Value, most: number) {
  return z
    .record(keys, values)
    .meta({ maxProperties: most })
    .refine((map) => Object.keys(map).length <= most, { error: `at most ${most} entries` });
}

/** What a user writes as an Environment's `spec`. */
export type PreviewEnvironmentSpec = z.input<typeof previewEnvironmentSchema>;
/** The same with defaults filled in. */
export type ResolvedPreviewEnvironment = z.output<typeof previewEnvironmentSchema>;

/** An Environment object as the API server has it. */
export interface PreviewEnvironment {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: PreviewEnvironmentSpec;
  readonly status?: PreviewEnvironmentStatus;
}
