/** The tiers an environment can run at; the tier decides every default. */
export const TIERS = ["dev", "staging", "prod"] as const;

/** How much an environment matters. A preview environment runs at tier dev. */
export type Tier = (typeof TIERS)[number];

/** What a data store's volume does when its environment is destroyed. */
export type DeletionPolicy = "delete" | "protect";

/** Defaults that differ by tier. Every number that a component uses and a team may want to change stands here or in a schema's default. */
export interface TierDefaults {
  /** Replicas of a service. */
  readonly replicas: number;
  /** Fewest replicas of a service that the tier accepts. */
  readonly minReplicas: number;
  /** Requests and limits of a service's container: cpu in cores, memory in bytes. */
  readonly resources: ResourceDefaults;
  /** Requests and limits of a data store's container. */
  readonly dataStoreResources: ResourceDefaults;
  /** Value of LOG_LEVEL. */
  readonly logLevel: LogLevel;
  /** Whether an image without a pinned tag or digest is accepted. */
  readonly unpinnedImages: boolean;
  /** Size of a data store's volume in bytes. */
  readonly dataStoreStorage: string;
  /** What a destroy does with a data store's volume. */
  readonly deletion: DeletionPolicy;
  /** Backups of a Postgres store; undefined: none unless asked for. */
  readonly backup: { readonly schedule: string; readonly keep: number; readonly storage: string } | undefined;
  /** The observability stack. */
  readonly observability: {
    readonly resources: ResourceDefaults;
    readonly metricsRetentionDays: number;
    readonly logRetentionDays: number;
    readonly prometheusStorage: string;
    readonly alertmanagerStorage: string;
    readonly lokiStorage: string;
    readonly grafanaStorage: string;
    /** Whether Services get a NodePort for access from the workstation. */
    readonly nodePorts: boolean;
  };
}

/** Requests and limits of one container. */
export interface ResourceDefaults {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

/** Log levels that services understand through LOG_LEVEL. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;

/** How much a service logs. */
export type LogLevel = (typeof LOG_LEVELS)[number];

function resources(cpuRequest: string, cpuLimit: string, memoryRequest: string, memoryLimit: string): ResourceDefaults {
  return { requests: { cpu: cpuRequest, memory: memoryRequest }, limits: { cpu: cpuLimit, memory: memoryLimit } };
}

/** The defaults of each tier. */
export const TIER_DEFAULTS: Readonly<Record<Tier, TierDefaults>> = {
  dev: {
    replicas: 1,
    minReplicas: 0,
    resources: resources("50m", "100m", "128Mi", "256Mi"),
    dataStoreResources: resources("100m", "500m", "256Mi", "512Mi"),
    logLevel: "debug",
    unpinnedImages: true,
    dataStoreStorage: "1Gi",
    deletion: "delete",
    backup: undefined,
    observability: {
      resources: resources("50m", "500m", "128Mi", "512Mi"),
      metricsRetentionDays: 2,
      logRetentionDays: 2,
      prometheusStorage: "2Gi",
      alertmanagerStorage: "1Gi",
      lokiStorage: "2Gi",
      grafanaStorage: "1Gi",
      nodePorts: true,
    },
  },
  staging: {
    replicas: 2,
    minReplicas: 1,
    resources: resources("100m", "200m", "256Mi", "512Mi"),
    dataStoreResources: resources("250m", "1", "512Mi", "1Gi"),
    logLevel: "info",
    unpinnedImages: false,
    dataStoreStorage: "10Gi",
    deletion: "delete",
    backup: { schedule: "30 2 * * *", keep: 3, storage: "10Gi" },
    observability: {
      resources: resources("100m", "1", "256Mi", "1Gi"),
      metricsRetentionDays: 7,
      logRetentionDays: 7,
      prometheusStorage: "10Gi",
      alertmanagerStorage: "1Gi",
      lokiStorage: "10Gi",
      grafanaStorage: "1Gi",
      nodePorts: false,
    },
  },
  prod: {
    replicas: 3,
    minReplicas: 3,
    resources: resources("250m", "500m", "512Mi", "1Gi"),
    dataStoreResources: resources("500m", "2", "1Gi", "2Gi"),
    logLevel: "info",
    unpinnedImages: false,
    dataStoreStorage: "50Gi",
    deletion: "protect",
    backup: { schedule: "30 2 * * *", keep: 14, storage: "50Gi" },
    observability: {
      resources: resources("250m", "2", "512Mi", "2Gi"),
      metricsRetentionDays: 30,
      logRetentionDays: 30,
      prometheusStorage: "50Gi",
      alertmanagerStorage: "1Gi",
      lokiStorage: "50Gi",
      grafanaStorage: "5Gi",
      nodePorts: false,
    },
  },
};

/** Scratch space of every container (logs and /tmp), in bytes. */
export const EPHEMERAL_STORAGE = { request: "64Mi", limit: "1Gi" } as const;

/** Requests and limits of an exporter, at every tier. */
export const EXPORTER_RESOURCES: ResourceDefaults = resources("10m", "200m", "32Mi", "128Mi");

/** Requests and limits of the container that keeps a Postgres store's roles, at every tier. */
export const ROLES_RESOURCES: ResourceDefaults = resources("10m", "100m", "32Mi", "64Mi");
