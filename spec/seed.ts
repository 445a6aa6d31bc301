import { z } from "zod";
import { dnsLabel } from "./names.ts";
import { egressSchema } from "./network.ts";

/** Most characters of SQL in a description. */
export const LONGEST_SQL = 256 * 1024;

/** API group of snapshots of volumes. @see https://kubernetes-csi.github.io/docs/snapshot-controller.html */
export const SNAPSHOT_GROUP = "snapshot.storage.k8s.io";

const SECRET_KEY = "a key of secretValues: letters, digits, '_' and '-', not starting with a digit";

/** Schema of a dump that is fetched. */
export const dumpSchema = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^\s@?#]+$/, {
        error: "an http(s) address without user, password and query; one that has a signature comes by `config`",
      })
      .optional()
      .meta({ description: "Address of the file, where everybody may know it." }),
    config: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: SECRET_KEY })
      .optional()
      .meta({ description: "Key of a secret value that is the address, such as a presigned one of a bucket." }),
    egress: z
      .array(egressSchema)
      .default([])
      .meta({ description: "Where the file's server is. Default: port 443 of public addresses." }),
  })
  .refine(({ url, config }) => (url === undefined) !== (config === undefined), {
    error: "either url or config",
  });

/** Schema of a snapshot that a Postgres store's volume is made from. */
export const snapshotSchema = z
  .strictObject({
    namespace: dnsLabel().meta({ description: "Namespace of the VolumeSnapshot." }),
    name: dnsLabel().meta({ description: "Its name." }),
    required: z.boolean().default(false).meta({
      description: "Whether the first update fails without it; else the volume starts empty.",
    }),
  })
  .meta({
    description:
      "A snapshot of a volume of Terrarium's own Postgres, of the same major version, that this one's volume is made from where the platform service finds it; tier dev only, and never production's. Default: none.",
  });

/** A snapshot that a Postgres store's volume is made from. */
export type PostgresSnapshot = z.output<typeof snapshotSchema>;

/** Schema of data that a Postgres store starts with. */
export const postgresSeedSchema = z
  .strictObject({
    sql: z
      .string()
      .min(1)
      .max(LONGEST_SQL)
      .optional()
      .meta({ description: "SQL that is run, schema and data, as `pg_dump` writes it; at most 256 KiB." }),
    dump: dumpSchema.optional().meta({
      description: "A dump that is fetched: of `pg_dump`, as SQL or in its custom format, gzipped or not.",
    }),
    required: z.boolean().default(false).meta({
      description: "Whether the update fails when the data can't be loaded; else the environment starts empty.",
    }),
  })
  .refine(({ sql, dump: file }) => (sql === undefined) !== (file === undefined), { error: "either sql or dump" })
  .meta({
    description:
      "Data that is loaded into the database while it has no tables, before migrations; tier dev only, and never production's. Default: none.",
  });

/** Data that a Postgres store starts with. */
export type PostgresSeed = z.output<typeof postgresSeedSchema>;
