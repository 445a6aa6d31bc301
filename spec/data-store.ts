import { z } from "zod";
import { cronSchedule, environmentVariable, imageReference, quantity, resources, storage } from "./fields.ts";
import { IMAGES } from "./images.ts";
import { postgresSeedSchema, snapshotSchema } from "./seed.ts";
import { mergeResources } from "./service.ts";
import { TIER_DEFAULTS, type DeletionPolicy, type ResourceDefaults, type Tier } from "./tiers.ts";

const identifier = z
  .string()
  .max(63)
  .regex(/^[a-z_][a-z0-9_]*$/, { error: "lower-case letters, digits and '_', not starting with a digit" });

/** User as which exporters see a data store: a role of Postgres, a user of Redis. */
export const EXPORTER_LOGIN = "terrarium_exporter";

/** Databases that every Postgres server has from the start. */
const SYSTEM_DATABASES: readonly string[] = ["postgres", "template0", "template1"];

const shared = {
  image: imageReference.optional().meta({ description: "Replaces the image that Terrarium pins." }),
  storage: storage.prefault({}).meta({ description: "The data volume." }),
  resources: resources.optional(),
  deletion: z.enum(["delete", "protect"]).optional().meta({
    description:
      "What a destroy does to the data; protect: it is refused until the data is released by name. Default: by tier.",
  }),
};

const postgres = z
  .strictObject({
    engine: z.literal("postgres").meta({ description: "Makes it a PostgreSQL." }),
    version: z.enum(["16", "17"]).default("17").meta({ description: "Major version." }),
    database: identifier
      .refine((name) => !SYSTEM_DATABASES.includes(name), {
        error: `a database other than ${SYSTEM_DATABASES.join(", ")}, which Postgres brings`,
      })
      .default("app")
      .meta({ description: "Database that services use." }),
    username: identifier
      .max(61, { error: "61 characters at most: the roles that log in have two more" })
      .refine((name) => name !== "postgres", { error: 'a role other than the superuser "postgres"' })
      .refine((name) => name !== EXPORTER_LOGIN, { error: `a role other than "${EXPORTER_LOGIN}", the exporter's` })
      .refine((name) => !/^(pg_.*|public|none)$/.test(name), {
        error: 'a role that Postgres does not reserve: not "public", "none" or "pg_..."',
      })
      .default("app")
      .meta({
        description:
          "Role that owns the database; services log in as one of its members, <username>_a or <username>_b.",
      }),
    extensions: z
      .array(z.enum(["vector", "pg_trgm", "pgcrypto", "citext", "hstore", "unaccent"]))
      .default(["vector"])
      .meta({ description: "Extensions created in the database." }),
    passwordRotation: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .meta({ description: "Raise it by one for a new password; the one before works until the next time." }),
    maxConnections: z.int().min(10).max(5000).default(100).meta({ description: "Connections at a time." }),
    backup: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            schedule: cronSchedule.optional().meta({ description: "When, as a cron expression in UTC." }),
            keep: z.int().min(1).max(365).optional().meta({ description: "How many dumps to keep." }),
            storage: quantity("bytes").optional().meta({ description: "Size of the backup volume." }),
          }),
        ],
        { error: "false, or a map with the keys schedule, keep and storage" },
      )
      .optional()
      .meta({ description: "Scheduled pg_dump to a volume of its own; false: none. Default: by tier." }),
    seed: postgresSeedSchema.optional(),
    snapshot: snapshotSchema.optional(),
    ...shared,
  })
  .meta({ id: "Postgres", description: "PostgreSQL with pgvector on a volume." });

const redis = z
  .strictObject({
    engine: z.literal("redis").meta({ description: "Makes it a Redis." }),
    version: z.enum(["7"]).default("7").meta({ description: "Major version." }),
    maxMemoryPercent: z
      .int()
      .min(10)
      .max(90)
      .default(75)
      .meta({ description: "Share of the memory limit that data may fill, in percent." }),
    evictionPolicy: z
      .enum(["noeviction", "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl"])
      .default("noeviction")
      .meta({ description: "What happens when the memory is full." }),
    ...shared,
  })
  .meta({ id: "Redis", description: "Redis with a password and an append-only file on a volume." });

/** Schema of a data store. */
export const dataStoreSchema = z.discriminatedUnion("engine", [postgres, redis], {
  error: (issue) =>
    typeof issue.input !== "object" ? 'a map with the key engine: "postgres" or "redis"' : '"postgres" or "redis"',
});

/** Schema of one migration: a job that runs once its Postgres is ready, before the services that call it. */
export const migrationSchema = z
  .strictObject({
    dataStore: z.string().meta({ description: "The Postgres store to migrate." }),
    image: imageReference.meta({ description: "Container image; pinned by tag or digest outside tier dev." }),
    command: z.array(z.string()).min(1).meta({ description: "What to run; it must be safe to run again." }),
    env: z
      .record(environmentVariable, z.string())
      .default({})
      .meta({ description: "Non-secret environment variables." }),
    seedTestCredentials: z
      .boolean()
      .default(false)
      .meta({ description: "Sets SEED_TEST_CREDENTIALS=true and a generated TEST_USER_PASSWORD; tier dev only." }),
    resources: resources.optional(),
    user: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .default(65532)
      .meta({ description: "User and group id of the process." }),
    timeoutSeconds: z
      .int()
      .min(10)
      .max(86400)
      .default(600)
      .meta({ description: "Seconds until the job counts as failed." }),
    retries: z.int().min(0).max(10).default(3).meta({ description: "Further tries after a failure." }),
  })
  .meta({
    id: "Migration",
    description: "A job that brings a Postgres store's schema up to date before its services start.",
  });

/** What a team says about one data store. */
export type DataStoreSpec = z.input<typeof dataStoreSchema>;
/** What a team says about one migration. */
export type MigrationSpec = z.input<typeof migrationSchema>;

/** What every resolved data store has. */
interface ResolvedStorage {
  readonly image: string;
  readonly user: number;
  readonly storage: { readonly size: string; readonly storageClass?: string };
  readonly resources: ResourceDefaults;
  readonly deletion: DeletionPolicy;
}
/** Scheduled dumps of a Postgres store. */
export interface ResolvedBackup {
  /** Cron expression in UTC. */
  readonly schedule: string;
  /** Number of dumps kept. */
  readonly keep: number;
  /** Size of the backup volume, in bytes. */
  readonly storage: string;
}
/** A Postgres store with every default filled in. */
export type ResolvedPostgres = Omit<z.output<typeof postgres>, keyof ResolvedStorage | "backup"> &
  ResolvedStorage & { readonly backup: ResolvedBackup | false };
/** A Redis store with every default filled in. */
export type ResolvedRedis = Omit<z.output<typeof redis>, keyof ResolvedStorage> & ResolvedStorage;
/** A data store with every default filled in. */
export type ResolvedDataStore = ResolvedPostgres | ResolvedRedis;
/** A migration with every default filled in. */
export type ResolvedMigration = Omit<z.output<typeof migrationSchema>, "resources"> & {
  readonly resources: ResourceDefaults;
};

/** The port that clients of a data store connect to. */
export const DATA_STORE_PORTS = { postgres: 5432, redis: 6379 } as const satisfies Record<
  DataStoreSpec["engine"],
  number
>;

/** Fills what a parsed data store leaves to its tier. */
export function resolveDataStore(store: z.output<typeof dataStoreSchema>, tier: Tier): ResolvedDataStore {
  const defaults = TIER_DEFAULTS[tier];
  const common = {
    storage: { ...store.storage, size: store.storage.size ?? defaults.dataStoreStorage },
    resources: mergeResources(store.resources, defaults.dataStoreResources),
    deletion: store.deletion ?? defaults.deletion,
  };
  if (store.engine === "redis") {
    return { ...store, ...common, image: store.image ?? IMAGES.redis7.image, user: IMAGES.redis7.user };
  }
  const pinned = store.version === "16" ? IMAGES.postgres16 : IMAGES.postgres17;
  const backup = store.backup === undefined ? (defaults.backup ?? false) : store.backup;
  return {
    ...store,
    ...common,
    image: store.image ?? pinned.image,
    user: pinned.user,
    backup: backup && { ...(defaults.backup ?? BACKUP_FALLBACK), ...withoutUndefined(backup) },
  };
}

/** Fills what a parsed migration leaves to its tier. */
export function resolveMigration(migration: z.output<typeof migrationSchema>, tier: Tier): ResolvedMigration {
  return { ...migration, resources: mergeResources(migration.resources, TIER_DEFAULTS[tier].resources) };
}

/** A backup that is asked for in a tier that has none by default. */
const BACKUP_FALLBACK: ResolvedBackup = { schedule: "30 2 * * *", keep: 3, storage: "1Gi" };

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}
