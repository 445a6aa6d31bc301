import type {
  EnvironmentSpec,
  PostgresSeed,
  PostgresSnapshot,
  ResolvedPreviewEnvironment,
  ServiceSpec,
} from "../../spec/index.ts";

/** What happens when somebody changes an environment's objects by hand. */
export type DriftMode = NonNullable<ResolvedPreviewEnvironment["drift"]>;

/** A service whose source says how it is built; repository, branch and commit are the environment's. */
export type BaseService = Omit<ServiceSpec, "source"> & { readonly source?: Partial<ServiceSpec["source"]> };

/** A description that environments of one repository start from. */
export type BaseDescription = Partial<Omit<EnvironmentSpec, "services">> & {
  readonly services?: Readonly<Record<string, BaseService>>;
};

/** Data that environments may start with. */
export interface RepositorySeed {
  /** The Postgres store that it is loaded into. */
  readonly dataStore: string;
  readonly seed?: PostgresSeed;
  readonly snapshot?: PostgresSnapshot;
}

/** What the platform knows of a repository. */
export interface RepositorySettings {
  /**
   * What the repository deploys. Name and tier are the platform's; in mode source, the services that have a `source` are
   * built from the repository. @default a service `web` that is built from source and a Postgres `postgres`
   */
  readonly base?: BaseDescription;
  /**
   * Tags of the images that are built for a commit, by image without tag: `{ "team/shop-web": "{commit}" }`. They count
   * in mode image; {commit} and {branch} stand for the environment's. @default the tags that `base` has
   */
  readonly images?: Readonly<Record<string, string>>;
  /** Paths of the files that hold the values which `base` takes by `secrets: { X: { config: key } }`, by key. @default {} */
  readonly secretFiles?: Readonly<Record<string, string>>;
  /** Data that environments may start with, by name. @default {} */
  readonly seeds?: Readonly<Record<string, RepositorySeed>>;
  /** Name of the data that those start with that say nothing. @default none */
  readonly seed?: string;
  /** Most environments of this repository at a time. @default caps.perRepository */
  readonly cap?: number;
}

/** Most environments at a time; each is optional, and without it there is no such cap. */
export interface Caps {
  readonly global?: number;
  readonly perRepository?: number;
  /** By `spec.owner`; environments without an owner count for nobody. */
  readonly perUser?: number;
}

/** When a try that failed is made again. */
export interface RetrySettings {
  /** Between tries where something else must come first, and between looks at unfinished work, in milliseconds. */
  readonly waitingMs: number;
  /** Before the second try after a transient failure, in milliseconds; it doubles with every further one. */
  readonly firstMs: number;
  /** Longest time between two tries, in milliseconds. */
  readonly maxMs: number;
}

/** Times to live, in milliseconds. */
export interface TtlSettings {
  /** Of environments that name none. @default without end */
  readonly defaultMs?: number;
  /** How long before the end people are warned; half of the life where that is shorter. */
  readonly warningMs: number;
  /** Longest life from creation, extensions included. @default without end */
  readonly maxMs?: number;
}

/** When environments sleep that do not say otherwise. */
export interface SleepSettings {
  /** After the last request, in milliseconds. @default idleness does not count */
  readonly idleAfterMs?: number;
  /** @default none */
  readonly schedule?: NonNullable<NonNullable<ResolvedPreviewEnvironment["sleep"]>["schedule"]>;
  /** The pods that requests for environments come through: their namespace and labels. @default none, and nobody sees requests */
  readonly activator?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

/** The platform's configuration, as far as decisions depend on it. */
export interface DomainSettings {
  /** By the `repositoryKey` of their addresses. */
  readonly repositories: Readonly<Record<string, RepositorySettings>>;
  readonly caps: Caps;
  readonly ttl: TtlSettings;
  readonly drift: {
    /** Of environments that name none. */
    readonly mode: DriftMode;
    /** Between two looks at one environment, in milliseconds; a quarter more or less, by its name. */
    readonly intervalMs: number;
  };
  readonly retry: RetrySettings;
  /** @default nothing sleeps by itself */
  readonly sleep?: SleepSettings;
  /** How long an update goes on once something newer is wanted, in milliseconds from its start; then it is cancelled. */
  readonly supersedeAfterMs: number;
  /** Caps on an environment that names none, and whose base has none. @default none */
  readonly quota?: EnvironmentSpec["quota"];
  /**
   * Address of an environment's page, e.g. "https://{name}.preview.example.com"; its host becomes that of every exposed
   * service. @default none
   */
  readonly url?: string;
}
