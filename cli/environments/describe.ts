import { stringify } from "yaml";
import type { DiffSummary, PreviewEnvironment } from "../../spec/index.ts";
import { formatTable } from "../table.ts";
import type { EnvironmentEvent } from "./client.ts";
import { formatSpan } from "./format.ts";

/** Shows all that is known of a preview environment to people. */
export function formatDescription(
  { metadata, spec, status = {} }: PreviewEnvironment,
  events: readonly EnvironmentEvent[],
  now: Date,
): string {
  const { operation, diff, retryAt } = status;
  const facts: [string, string | undefined][] = [
    ["name", metadata.name],
    ["phase", status.phase ?? "not seen by the platform service yet"],
    ["queue", status.position === undefined ? undefined : `place ${status.position}`],
    ["url", status.url],
    ["commit", status.commit],
    ["namespace", status.namespace],
    ["stack", status.stack],
    ["age", formatSpan(new Date(metadata.creationTimestamp), now)],
    ["last request", status.lastRequestAt && `${formatSpan(new Date(status.lastRequestAt), now)} ago`],
    ["expires", status.expiresAt && `${status.expiresAt} (in ${formatSpan(now, new Date(status.expiresAt))})`],
    ["running", operation && `${operation.kind} since ${operation.startedAt}: ${operation.progress ?? "begins"}`],
    ["retry", retryAt && `${retryAt}, after ${status.attempts ?? 0} failed`],
  ];
  const sections = [
    formatTable(...withoutHead(facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))),
    `spec\n${indent(stringify(spec))}`,
    ...section("conditions", ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"], status.conditions ?? [], (condition) => [
      condition.type,
      condition.status,
      condition.reason,
      formatSpan(new Date(condition.lastTransitionTime), now),
      condition.message,
    ]),
    ...section("steps", ["STEP", "STARTED", "SECONDS"], status.steps ?? [], ({ name, startedAt, seconds }) => [
      name,
      startedAt,
      seconds === undefined ? "running" : seconds.toFixed(1),
    ]),
    ...(diff ? [`last update\n${indent(formatDiff(diff))}`] : []),
    ...section("events", ["AGE", "TYPE", "REASON", "COUNT", "MESSAGE"], events, (event) => [
      event.lastTimestamp === undefined ? "-" : formatSpan(new Date(event.lastTimestamp), now),
      event.type,
      event.reason,
      String(event.count ?? 1),
      event.message,
    ]),
  ];
  return sections.join("\n");
}

/** Shows what an update changed to people. */
export function formatDiff({ create, update, replace, delete: remove, same, resources }: DiffSummary): string {
  const counts = `${create} to create, ${update} to update, ${replace} to replace, ${remove} to delete, ${same} unchanged`;
  const more = create + update + replace + remove - resources.length;
  return [counts, ...resources.map((resource) => `  ${resource}`), ...(more > 0 ? [`  and ${more} more`] : [])]
    .map((line) => `${line}\n`)
    .join("");
}

function section<T>(
  title: string,
  head: readonly string[],
  entries: readonly T[],
  toRow: (entry: T) => readonly string[],
): string[] {
  return entries.length === 0 ? [] : [`${title}\n${indent(formatTable(head, entries.map(toRow)))}`];
}

function withoutHead(rows: readonly (readonly string[])[]): [readonly string[], readonly (readonly string[])[]] {
  const [head = [], ...rest] = rows;
  return [head, rest];
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
