import { hostname } from "node:os";
import { listProcesses, type ListProcesses, type LocalProcess } from "../clusters/processes.ts";
import { waitUntil } from "../clusters/wait-until.ts";
import { examineLocks, type LockFinding, removeLocks, type Witness } from "./lock-doctor.ts";
import type { LockFiles, StackName } from "./state-files.ts";
import { tidyUnfinished } from "./tidy.ts";

/** What {@link unlock} works on. */
export interface UnlockArgs extends StackName, Pick<Witness, "isHostGone"> {
  readonly state: LockFiles;
  readonly say: (line: string) => void;
  /**
   * Whether nobody waits any more for an engine of this machine: it is stopped, and saves its state.
   *
   * @default an engine that runs is left alone
   */
  readonly isOrphan?: (enginePid: number, processes: readonly LocalProcess[]) => boolean | Promise<boolean>;
  /** @default the processes of this machine */
  readonly listProcesses?: ListProcesses;
}

/** Milliseconds that an engine without a command gets to finish what it is doing. */
const orphanTimeoutMs = 120_000;

/**
 * Removes the locks of a stack whose owners are proven dead: all of them, or none where another one is held.
 *
 * @returns the lock that is held, by an owner who lives or of whom nothing is known; undefined when the stack is free.
 */
export async function unlock(args: UnlockArgs): Promise<Exclude<LockFinding, { verdict: "dead" }> | undefined> {
  const list = args.listProcesses ?? listProcesses;
  let findings = await examine(args, list);
  const orphan = findings.find((finding) => finding.verdict === "live");
  if (orphan !== undefined && (await args.isOrphan?.(orphan.pid, await list()))) {
    args.say(`An interrupted command left its engine running (process ${orphan.pid}); stopping it.`);
    process.kill(orphan.pid, "SIGINT");
    await waitUntil(async () => ((await list()).some((entry) => entry.pid === orphan.pid) ? "running" : undefined), {
      timeoutMs: orphanTimeoutMs,
      everyMs: 100,
    });
    findings = await examine(args, list);
  }
  const held = findings.find((finding) => finding.verdict !== "dead");
  if (held !== undefined) return held;
  for (const finding of findings) {
    if (finding.verdict !== "dead") continue;
    args.say(`Removing the lock of an interrupted update (${finding.owner}): ${finding.proof}.`);
  }
  if (findings.length > 0) await tidyUnfinished(args.state, args);
  await removeLocks(args.state, findings);
  return undefined;
}

async function examine({ state, project, stack, isHostGone }: UnlockArgs, list: ListProcesses): Promise<LockFinding[]> {
  return examineLocks(state, { project, stack }, { host: hostname(), listProcesses: list, isHostGone });
}
