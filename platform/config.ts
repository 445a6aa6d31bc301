import { z } from "zod";
import { environmentSchema, mapValues, PREVIEW_ENVIRONMENT, pricesSchema, toMilliseconds } from "../spec/index.ts";
import { dnsLabel } from "../spec/names.ts";
import type { ReferenceSchema } from "../spec/reference.ts";
import { describe } from "./domain/describe.ts";
import { repositoryKey } from "./domain/names.ts";
import type { BaseDescription, DomainSettings } from "./domain/decide.ts";
import type { GarbageSettings } from "./garbage-collection.ts";
import { LOG_LEVELS } from "./log.ts";
import { activatorLabels } from "./names.ts";
import { pullRequestRulesSchema, pullRequestsSchema } from "./pull-requests/config.ts";
import { type PullRequestSettings, toPullRequestSettings } from "./pull-requests/settings.ts";
import { seedSettingsSchema, toRepositorySeed } from "./seed-settings.ts";
import { sleepSettingsSchema } from "./sleep-settings.ts";
import { runnerSettingsSchema } from "./runner/settings.ts";

const span = z
  .string()
  .regex(/^[1-9][0-9]{0,4}(s|m|h|d)$/, { error: 'a time span such as "30s", "10m", "72h" or "7d"' });

const cap = z.int().min(1).optional();

const repositorySchema = z
  .strictObject({
    base: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], {
        error: "a description of an environment, or the name of a file that holds one",
      })
      .optional()
      .meta({
        description:
          "What the repository deploys: a description as in a stack's configuration (services, dataStores, migrations, network, observability, quota), or the name of a YAML file beside this one that holds it. Default: in mode source a service `web` with a Postgres.",
      }),
    images: z.record(z.string().min(1), z.string().min(1)).default({}).meta({
      description:
        "Tags of images that are built for each commit, by image without tag. `{commit}` and `{branch}` stand for the environment's.",
    }),
    secretFiles: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,199}$/, { error: "a key as `secrets` has it" }),
        z.string().min(1),
      )
      .default({})
      .meta({
        description:
          "Files that hold the values which services of `base` take by `secrets: { X: { config: <key> } }`, by key: those of a mounted Secret, say. Relative names start at this file's folder.",
      }),
    pullRequests: pullRequestRulesSchema.optional(),
    seeds: z.record(dnsLabel(), seedSettingsSchema).default({}).meta({
      description: "Data that environments may start with, by name; `spec.seed.data` chooses.",
    }),
    seed: z
      .string()
      .optional()
      .meta({ description: "Name of the one that is loaded where nobody chooses. Default: none." }),
    cap: cap.meta({ description: "Most environments of this repository at a time. Default: caps.perRepository." }),
  })
  .meta({ description: "A repository that environments may be made of." });

/** Schema of the platform service's configuration file. */
export const platformConfigSchema = z.strictObject({
  namespace: dnsLabel()
    .default("terrarium")
    .meta({ description: "Namespace of the Environment objects, the Lease and what else the service keeps." }),
  repositories: z
    .record(
      z
        .string()
        .regex(/^(https|git):\/\/[^/@]+\/.+$/, { error: "the address of a git repository without credentials" }),
      repositorySchema,
    )
    .default({})
    .meta({ description: "Repositories by address; environments of others are refused." }),
  caps: z
    .strictObject({
      global: cap.meta({ description: "Most environments at a time. Default: no cap." }),
      perRepository: cap.meta({ description: "Most environments of one repository at a time. Default: no cap." }),
      perUser: cap.meta({ description: "Most environments of one owner at a time. Default: no cap." }),
    })
    .prefault({})
    .meta({
      description: "Who comes when these are used up waits in line (Queued). Nothing that runs is ever evicted.",
    }),
  ttl: z
    .strictObject({
      default: span.optional().meta({ description: "Of environments that name none. Default: without end." }),
      warning: span.default("4h").meta({ description: "How long before the end the condition Expiring warns." }),
      max: span.optional().meta({ description: "Longest life, extensions included. Default: without end." }),
    })
    .prefault({})
    .meta({ description: "Time to live of environments, from creation." }),
  drift: z
    .strictObject({
      mode: z.enum(["ignore", "report", "repair"]).default("report").meta({
        description: "What happens when somebody changes objects by hand, where an environment does not say.",
      }),
      interval: span.default("6h").meta({
        description: "Time between two looks at one environment. One that failed is made again sooner: see retry.",
      }),
    })
    .prefault({})
    .meta({ description: "The look for changes by hand." }),
  retry: z
    .strictObject({
      waiting: span.default("5s").meta({ description: "Between tries where something else must come first." }),
      first: span.default("10s").meta({ description: "After a first failure that may pass; it doubles each time." }),
      max: span.default("10m").meta({ description: "Longest time between two tries." }),
    })
    .prefault({})
    .meta({ description: "When what failed is tried again." }),
  sleep: sleepSettingsSchema.prefault({}),
  supersedeAfter: span.default("10m").meta({
    description: "How long an update may go on after its start when something newer is wanted; then it is cancelled.",
  }),
  quota: environmentSchema.shape.quota.meta({
    description: "Caps on what one environment may use, where neither it nor its base has any. Default: none.",
  }),
  url: z
    .string()
    .regex(/^https?:\/\/[^/]*\{name\}[^/]*$/, { error: 'a pattern such as "https://{name}.preview.example.com"' })
    .optional()
    .meta({ description: "Address of an environment's page; `{name}` stands for its name. Default: none." }),
  prices: pricesSchema.optional().meta({
    description: "What the capacity costs that environments reserve. Default: their costs are not told.",
  }),
  operations: z.int().min(1).max(1000).default(4).meta({ description: "Most operations at a time." }),
  drain: span.default("60s").meta({
    description:
      "How long a service that is asked to end lets its operations run on; then they are cancelled. The pod's grace period must be longer by the runner's. Jobs (runner.kind) are not waited for: they run on, and the next leader takes them up.",
  }),
  pullRequests: pullRequestsSchema,
  garbage: z
    .strictObject({
      interval: span.default("10m").meta({ description: "Time between two looks." }),
      grace: span.default("30m").meta({ description: "How long something stays after it was reported." }),
      dryRun: z.boolean().default(false).meta({ description: "Only report what would be removed." }),
    })
    .prefault({})
    .meta({
      description:
        "Stacks and namespaces that no environment wants are reported by one look and removed by a later one.",
    }),
  http: z
    .strictObject({
      port: z
        .int()
        .min(0)
        .max(65535)
        .default(8080)
        .meta({ description: "Port of the API, /healthz, /readyz and /metrics." }),
      address: z.union([z.ipv4(), z.ipv6()], { error: "an IP address of this machine" }).optional().meta({
        description: "Address that it listens on. Default: all of the machine.",
      }),
      url: z
        .string()
        .regex(/^https?:\/\/[^\s/?#@]+$/, {
          error: 'an address without a path such as "https://terrarium.example.com"',
        })
        .optional()
        .meta({ description: "Address of the dashboard, for links to it in pull requests. Default: there are none." }),
      proxies: z
        .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'a range of addresses such as "10.0.0.0/8"' }))
        .default([])
        .meta({ description: "Ranges of the proxies in front, whose X-Forwarded-* headers are believed." }),
      callers: z
        .strictObject({
          namespaces: z.array(dnsLabel()).default([]).meta({ description: "Those of the cluster's gateway, say." }),
          networks: z
            .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'a range of addresses such as "10.0.0.0/8"' }))
            .default([])
            .meta({ description: "Addresses outside the cluster." }),
        })
        .prefault({})
        .meta({
          description: "Who reaches an installed service, by network policy; `kubectl port-forward` always does.",
        }),
      audiences: z.array(z.string().min(1)).min(1).default(["terrarium"]).meta({
        description:
          "Audiences of the tokens that callers may use; one is enough. That of the API server accepts tokens which can be used there too.",
      }),
      requestsPerMinute: z.int().min(1).max(1_000_000).default(600).meta({
        description: "Requests that each caller has in a minute, and at once.",
      }),
      metricsFrom: dnsLabel()
        .default("monitoring")
        .meta({ description: "Namespace whose pods may read /metrics: that of the Prometheus." }),
    })
    .prefault({})
    .meta({ description: "The service's own HTTP server." }),
  logLevel: z.enum(LOG_LEVELS).default("info").meta({ description: "Least level of lines in the log." }),
  runner: runnerSettingsSchema.prefault({}),
});

/** JSON Schema of the configuration file. */
export function platformConfigJsonSchema(): ReferenceSchema {
  return z.toJSONSchema(platformConfigSchema, { io: "input", unrepresentable: "any" }) as ReferenceSchema;
}

/** The configuration as its file has it, with defaults filled in. */
export type PlatformConfig = z.output<typeof platformConfigSchema>;

/** What the service's parts read of the configuration. */
export interface PlatformSettings {
  readonly config: PlatformConfig;
  readonly domain: DomainSettings;
  /** Times in milliseconds. */
  readonly drainMs: number;
  readonly garbage: GarbageSettings;
  readonly pullRequests: PullRequestSettings;
}

/**
 * Turns a configuration into settings.
 *
 * @param bases descriptions by repository as the configuration names it, those from files read.
 */
export function toSettings(config: PlatformConfig, bases: Readonly<Record<string, BaseDescription>>): PlatformSettings {
  const { ttl, drift, retry, sleep, caps, quota, url, namespace } = config;
  const repositories = Object.entries(config.repositories).map(([address, repository]) => {
    const { images, secretFiles, seed, cap: own } = repository;
    const base = bases[address];
    const seeds = mapValues(repository.seeds, toRepositorySeed);
    const known = {
      images,
      secretFiles,
      seeds,
      ...(seed === undefined ? {} : { seed }),
      ...(base ? { base } : {}),
      ...(own ? { cap: own } : {}),
    };
    return [repositoryKey(address), known] as const;
  });
  return {
    config,
    domain: {
      repositories: Object.fromEntries(repositories),
      caps,
      ttl: {
        warningMs: toMilliseconds(ttl.warning),
        ...(ttl.default === undefined ? {} : { defaultMs: toMilliseconds(ttl.default) }),
        ...(ttl.max === undefined ? {} : { maxMs: toMilliseconds(ttl.max) }),
      },
      drift: { mode: drift.mode, intervalMs: toMilliseconds(drift.interval) },
      retry: {
        waitingMs: toMilliseconds(retry.waiting),
        firstMs: toMilliseconds(retry.first),
        maxMs: toMilliseconds(retry.max),
      },
      sleep: {
        ...(sleep.idleAfter === undefined ? {} : { idleAfterMs: toMilliseconds(sleep.idleAfter) }),
        ...(sleep.schedule ? { schedule: sleep.schedule } : {}),
        ...(sleep.activator ? { activator: { namespace, labels: activatorLabels(namespace) } } : {}),
      },
      supersedeAfterMs: toMilliseconds(config.supersedeAfter),
      ...(quota ? { quota } : {}),
      ...(url === undefined ? {} : { url }),
    },
    drainMs: toMilliseconds(config.drain),
    garbage: {
      intervalMs: toMilliseconds(config.garbage.interval),
      graceMs: toMilliseconds(config.garbage.grace),
      dryRun: config.garbage.dryRun,
    },
    pullRequests: toPullRequestSettings(config),
  };
}

/** Describes an environment of a repository to see whether its base can be used. @returns what is wrong with it. */
export function problemOfBase(address: string, { domain }: PlatformSettings): string | undefined {
  const source = { repository: repositoryKey(address), branch: "main", commit: "0".repeat(40) };
  const described = describe(
    {
      apiVersion: `${PREVIEW_ENVIRONMENT.group}/${PREVIEW_ENVIRONMENT.version}`,
      kind: PREVIEW_ENVIRONMENT.kind,
      metadata: {
        name: "check",
        namespace: "check",
        uid: "check",
        generation: 1,
        resourceVersion: "1",
        creationTimestamp: new Date(0).toISOString(),
      },
      spec: { source, mode: "image" },
    },
    domain,
  );
  return described.ok ? undefined : described.message;
}
