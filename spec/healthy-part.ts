import type { z } from "zod";

/** What stands in for an entry that is wrong in itself, so that references to it hold. */
const STAND_INS: Readonly<Record<string, (entry: unknown) => Record<string, unknown>>> = {
  services: () => ({ image: "stand-in:1" }),
  dataStores: (entry) => ({
    engine: isMap(entry) && entry["engine"] === "redis" ? "redis" : "postgres",
    backup: false,
  }),
};

/**
 * The part of an environment's description that a schema has found nothing wrong with, so that the rest of the checks
 * can run on it and every problem is reported at once. Wrong entries are left out or, where others may refer to them,
 * replaced by one that contradicts nothing.
 *
 * @param issues what the schema found in `input`.
 */
export function healthyPart(input: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  if (!isMap(input)) return input;
  const healthy: Record<string, unknown> = { ...input };
  for (const issue of issues) {
    const [section, name] = issue.path;
    if (section === undefined && issue.code === "unrecognized_keys") {
      for (const key of issue.keys) delete healthy[key];
    } else if (section === "name" || section === "application") {
      healthy[section] = "stand-in";
    } else if (
      typeof section === "string" &&
      name !== undefined &&
      isMap(healthy[section]) &&
      section in { ...STAND_INS, migrations: 0 }
    ) {
      healthy[section] = withStandIn(
        healthy[section],
        String(name),
        issue.code === "invalid_key" ? undefined : STAND_INS[section],
      );
    } else if (typeof section === "string" && section !== "tier") {
      delete healthy[section];
    }
  }
  return healthy;
}

function withStandIn(
  entries: Readonly<Record<string, unknown>>,
  name: string,
  standIn: ((entry: unknown) => Record<string, unknown>) | undefined,
): Record<string, unknown> {
  const { [name]: entry, ...others } = entries;
  if (!standIn) return others;
  return Object.fromEntries(Object.keys(entries).map((key) => [key, key === name ? standIn(entry) : entries[key]]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
