import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { dumpSchema, LONGEST_SQL, type PostgresSeed, type Problem, snapshotSchema } from "../spec/index.ts";
import type { RepositorySeed } from "./domain/settings.ts";
import { reasonOf } from "./log.ts";

/** Schema of the data that environments of a repository may start with. */
export const seedSettingsSchema = z
  .strictObject({
    dataStore: z.string().default("postgres").meta({ description: "The Postgres store that it is loaded into." }),
    file: z.string().min(1).optional().meta({
      description: "SQL file beside this one, schema and data, as `pg_dump` writes it; at most 256 KiB.",
    }),
    sql: z.string().min(1).max(LONGEST_SQL).optional().meta({ description: "The same as text." }),
    dump: dumpSchema.optional().meta({
      description: "A dump that is fetched by http(s). `config` names a file of `secretFiles` that holds the address.",
    }),
    snapshot: snapshotSchema.omit({ required: true }).optional().meta({
      description:
        "A VolumeSnapshot that the store's volume is made from, where the cluster has it; where not, file, sql or dump is loaded.",
    }),
    required: z.boolean().default(false).meta({
      description: "Whether an update fails when the data can't be loaded; else the environment starts empty.",
    }),
  })
  .refine((seed) => loaded(seed) === 1 || (loaded(seed) === 0 && seed.snapshot !== undefined), {
    error: "one of file, sql and dump, or a snapshot, or a snapshot and one of them",
  })
  .meta({
    description: "Data that an environment starts with. Never production's: whoever sees the environment sees it.",
  });

function loaded(seed: { readonly file?: unknown; readonly sql?: unknown; readonly dump?: unknown }): number {
  return [seed.file, seed.sql, seed.dump].filter((each) => each !== undefined).length;
}

type SeedSettings = z.output<typeof seedSettingsSchema>;

/**
 * Reads the SQL files of seeds.
 *
 * @returns the seeds with their texts in place of files, and what is wrong.
 */
export async function readSeeds(
  where: string,
  seeds: Readonly<Record<string, SeedSettings>>,
  folder: string,
): Promise<{ readonly seeds: Record<string, SeedSettings>; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const read = await Promise.all(
    Object.entries(seeds).map(async ([name, { file, ...seed }]): Promise<[string, SeedSettings]> => {
      if (file === undefined) return [name, seed];
      const path = `${where}.${name}.file`;
      const sql = await readFile(resolve(folder, file), "utf8").catch((error: unknown) => {
        problems.push({ path, expected: `a readable SQL file (${reasonOf(error)})` });
        return undefined;
      });
      if (sql !== undefined && (sql === "" || sql.length > LONGEST_SQL))
        problems.push({ path, got: `${sql.length} characters`, expected: "SQL of at most 256 KiB; more goes by dump" });
      return [name, { ...seed, sql }];
    }),
  );
  return { seeds: Object.fromEntries(read), problems };
}

/** A seed whose file was read, as descriptions have it. */
export function toRepositorySeed({ dataStore, sql, dump, snapshot, required }: SeedSettings): RepositorySeed {
  const seed: PostgresSeed = { required, ...(sql === undefined ? {} : { sql }), ...(dump ? { dump } : {}) };
  const isLoaded = loaded(seed) > 0;
  return {
    dataStore,
    ...(isLoaded ? { seed } : {}),
    // Where it is missing there is still something to load.
    ...(snapshot ? { snapshot: { ...snapshot, required: required && !isLoaded } } : {}),
  };
}
