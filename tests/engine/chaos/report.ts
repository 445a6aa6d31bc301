import { formatTable } from "../../../cli/table.ts";
import type { PlatformProcess } from "../platform-cluster.ts";
import type { ChaosPlan, UserAction } from "./plan.ts";
import type { Story } from "./story.ts";
import type { Watcher } from "./watcher.ts";

/** What a report tells of. */
export interface Reported {
  readonly plan: ChaosPlan;
  readonly story: Story;
  readonly watcher: Watcher;
  readonly services: readonly PlatformProcess[];
  /** Seconds from the last event until all was as wanted. */
  readonly settledAfter: number;
}

/** Characters of a message that are shown. */
const SHOWN = 150;

/** Tells of a run in tables. */
export function formatReport(reported: Reported): string {
  const { story, services, watcher } = reported;
  return [
    formatTable(["AT", "WHAT HAPPENED"], story.rows),
    formatTable(["HOW OFTEN", "OPERATIONS"], countOperations(services)),
    formatTable(
      ["HOW OFTEN", "ENVIRONMENTS SEEN TO FAIL", "FOR EXAMPLE"],
      [...watcher.failures].map(([reason, { count, message }]) => [
        String(count),
        reason,
        message.replaceAll(/\s+/g, " ").slice(0, SHOWN),
      ]),
    ),
    formatTable(["NUMBER", "WHAT"], summary(reported)),
  ].join("\n");
}

function summary({ plan, watcher, story, settledAfter }: Reported): string[][] {
  const actions = [...plan.users.values()].flat();
  const count = (kind: UserAction["do"]): number => actions.filter((action) => action.do === kind).length;
  const sorted = watcher.waits.toSorted((a, b) => a - b);
  const wait = (part: number): string => `${(sorted[Math.ceil(part * sorted.length) - 1] ?? 0).toFixed(0)} s`;
  return [
    [`${count("create")} / ${count("change")} / ${count("delete")}`, "environments created / changed / deleted"],
    [
      `${plan.kills.length} / ${plan.apiRestarts.length} / ${plan.providerCrashes.length}`,
      "kills of the service / the API server / providers",
    ],
    [String(watcher.troubled.size), "environments that were seen to fail"],
    [String(watcher.wanted.size), "environments wanted at the end"],
    [`${wait(0.5)} / ${wait(0.9)} / ${wait(1)}`, "from a wish to its fulfilment: half / nine tenths / all of them"],
    [`${settledAfter.toFixed(0)} s`, "from the last event until all was as wanted"],
    [`${story.seconds.toFixed(0)} s`, "in all"],
  ];
}

/** How the operations of all services ended, as their logs have it. */
function countOperations(services: readonly PlatformProcess[]): string[][] {
  const lines = services.flatMap(({ log }) => log.split("\n"));
  const started = lines.filter((line) => line.includes('"operation started"')).length;
  const ended = lines.flatMap((line) => {
    const [, kind, outcome] = /"operation ended".*"kind":"([^"]+)".*"outcome":"([^"]+)"/.exec(line) ?? [];
    return kind === undefined ? [] : [`${kind} ended: ${outcome}`];
  });
  return [
    [String(started), "started"],
    ...[...new Set(ended)].map((outcome) => [String(ended.filter((each) => each === outcome).length), outcome]),
    [String(started - ended.length), "lost with the service that ran them"],
  ];
}
