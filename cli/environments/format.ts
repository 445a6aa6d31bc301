import { stringify } from "yaml";
import { PREVIEW_ENVIRONMENT, type PreviewEnvironment } from "../../spec/index.ts";
import { formatTable } from "../table.ts";

/** Formats of the commands about preview environments. */
export const environmentFormats = ["table", "json", "yaml", "name"] as const;

/** See {@link environmentFormats}. */
export type EnvironmentFormat = (typeof environmentFormats)[number];

/** Writes one object. */
export function formatEnvironment(environment: PreviewEnvironment, format: EnvironmentFormat, now: Date): string {
  return format === "json" || format === "yaml"
    ? formatData(withoutManagedFields(environment), format)
    : formatEnvironments([environment], format, now);
}

/** Writes a list of objects; for programs with the shape that kubectl gives it. */
export function formatEnvironments(
  environments: readonly PreviewEnvironment[],
  format: EnvironmentFormat,
  now: Date,
): string {
  if (format === "name") return environments.map(({ metadata }) => `${qualifiedName(metadata.name)}\n`).join("");
  if (format !== "table")
    return formatData({ apiVersion: "v1", kind: "List", items: environments.map(withoutManagedFields) }, format);
  if (environments.length === 0) return "There are no preview environments.\n";
  return formatTable(
    ["NAME", "PHASE", "QUEUE", "BRANCH", "COMMIT", "URL", "OWNER", "EXPIRES", "AGE"],
    environments.map(({ metadata, spec, status }) => [
      metadata.name,
      metadata.deletionTimestamp && status?.phase !== "DeleteBlocked" ? "Terminating" : (status?.phase ?? "-"),
      String(status?.position ?? "-"),
      spec.source.branch,
      (status?.commit ?? spec.source.commit)?.slice(0, 8) ?? "-",
      status?.url ?? "-",
      spec.owner ?? "-",
      status?.expiresAt ? formatSpan(now, new Date(status.expiresAt)) : "-",
      formatSpan(new Date(metadata.creationTimestamp), now),
    ]),
  );
}

/** The name as kubectl writes and reads it. */
export function qualifiedName(name: string): string {
  const { kind, group } = PREVIEW_ENVIRONMENT;
  return `${kind.toLowerCase()}.${group}/${name}`;
}

/** Writes data for programs. */
export function formatData(data: unknown, format: "json" | "yaml"): string {
  return format === "json" ? `${JSON.stringify(data, null, 2)}\n` : stringify(data);
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** The time from one moment to another in its two largest units, e.g. "3d4h"; "0s" where none is left. */
export function formatSpan(from: Date, to: Date): string {
  let seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(seconds / size);
    seconds %= size;
    return { count, text: count === 0 ? "" : `${count}${unit}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  const shown = parts.slice(first, first + 2).map(({ text }) => text);
  return first === -1 ? "0s" : shown.join("");
}

/** The API server's own notes on who set which field are of no use to people. */
function withoutManagedFields(environment: PreviewEnvironment): object {
  return { ...environment, metadata: { ...environment.metadata, managedFields: undefined } };
}
