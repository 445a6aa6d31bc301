import type { Removal } from "../adapters/kubernetes/garbage-report.ts";
import { spanOf } from "./wording.ts";

/** Something that no environment wants. */
export interface LeftoverView {
  readonly kind: string;
  readonly name: string;
  readonly since: string;
  readonly reportedAt: string;
  /** What becomes of it. */
  readonly fate: string;
}

/** Something that was removed. */
export interface RemovedView {
  readonly kind: string;
  readonly name: string;
  readonly ago: string;
  readonly at: string;
  readonly reason: string;
}

/** What the search for leftovers found and did. */
export interface LeftoversView {
  readonly found: readonly LeftoverView[];
  readonly removed: readonly RemovedView[];
  readonly isDryRun: boolean;
  /** Time between two searches. */
  readonly interval: string;
  /** Time between report and removal. */
  readonly grace: string;
}

/** What is known of leftovers. */
export interface LeftoverFacts {
  /** When each was first reported, by "kind/name". */
  readonly reported: ReadonlyMap<string, Date>;
  readonly removed: readonly Removal[];
  /** Times in milliseconds. */
  readonly settings: { readonly intervalMs: number; readonly graceMs: number; readonly dryRun: boolean };
}

/** Shows what nobody wants, since when, and what was removed. */
export function viewLeftovers({ reported, removed, settings }: LeftoverFacts, now: Date): LeftoversView {
  const split = (key: string): { kind: string; name: string } => {
    const [kind = "", ...name] = key.split("/");
    return { kind, name: name.join("/") };
  };
  return {
    found: [...reported]
      .toSorted(([, a], [, b]) => a.getTime() - b.getTime())
      .map(([key, since]) => {
        const due = since.getTime() + settings.graceMs - now.getTime();
        const wait = due > 0 ? `is removed in ${spanOf(due)}` : "is removed by the next search";
        return {
          ...split(key),
          since: spanOf(now.getTime() - since.getTime()),
          reportedAt: since.toISOString(),
          fate: settings.dryRun ? "is only reported" : wait,
        };
      }),
    removed: removed
      .toSorted((a, b) => b.at.getTime() - a.at.getTime())
      .map(({ key, reportedAt, at }) => ({
        ...split(key),
        ago: spanOf(now.getTime() - at.getTime()),
        at: at.toISOString(),
        reason: `no environment had wanted it for ${spanOf(at.getTime() - reportedAt.getTime())}`,
      })),
    isDryRun: settings.dryRun,
    interval: spanOf(settings.intervalMs),
    grace: spanOf(settings.graceMs),
  };
}
