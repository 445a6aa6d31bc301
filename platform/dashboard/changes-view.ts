import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import type { Tone } from "./status-view.ts";

/** A resource that an update changes. */
export interface ChangeView {
  /** "create", "update", "replace" or "delete". */
  readonly change: string;
  readonly resource: string;
  readonly tone: Tone;
  /** The same in a word. */
  readonly state: string;
}

/** What an update changes. */
export interface ChangesView {
  readonly counts: readonly {
    readonly change: "create" | "update" | "replace" | "delete" | "same";
    readonly count: number;
  }[];
  readonly changes: readonly ChangeView[];
  /** Changes that are not listed. */
  readonly more: number;
}

/** Shows what the last update changed, or what the one that runs is about to, with how far it has come. */
export function viewChanges(status: PreviewEnvironmentStatus, log: string): ChangesView | undefined {
  const { diff } = status;
  if (diff === undefined) return undefined;
  const counts = (["create", "update", "replace", "delete", "same"] as const).map((change) => ({
    change,
    count: diff[change],
  }));
  const changing = counts.reduce((sum, { change, count }) => sum + (change === "same" ? 0 : count), 0);
  return {
    counts: counts.filter(({ count }) => count > 0),
    changes: diff.resources.map((text) => {
      const [change = "", ...rest] = text.split(" ");
      const resource = rest.join(" ");
      return { change, resource, ...progressOf(text, resource, status, log) };
    }),
    more: Math.max(changing - diff.resources.length, 0),
  };
}

function progressOf(
  change: string,
  resource: string,
  { operation, applied }: PreviewEnvironmentStatus,
  log: string,
): Pick<ChangeView, "tone" | "state"> {
  if (log.includes(` ${change} failed\n`)) return { tone: "bad", state: "failed" };
  const isOver = operation?.kind !== "apply";
  if (log.includes(` ${change} done\n`) || (isOver && applied !== undefined)) return { tone: "good", state: "done" };
  if (isOver) return { tone: "neutral", state: "not done" };
  return operation.progress?.endsWith(`: ${resource}`)
    ? { tone: "busy", state: "under way" }
    : { tone: "waiting", state: "to come" };
}
