import type { LocalPaths } from "../clusters/local-paths.ts";
import { listProcesses, type ListProcesses, type LocalProcess } from "../clusters/processes.ts";
import { folderState } from "../stacks/folder-state.ts";
import type { LockFinding } from "../stacks/lock-doctor.ts";
import { unlock } from "../stacks/unlock.ts";
import { CommandFailure } from "./exit.ts";
import { findOrphans } from "./orphans.ts";
import type { StackFile } from "./project.ts";
import type { RunRecord } from "./run-record.ts";

/** What {@link ensureUnlocked} works on. */
export interface UnlockArgs {
  readonly paths: LocalPaths;
  readonly file: StackFile;
  readonly record: RunRecord;
  readonly say: (line: string) => void;
  /** @default the processes of this machine */
  readonly listProcesses?: ListProcesses;
}

/** Milliseconds by which two readings of one start time may differ. */
const clockToleranceMs = 5_000;

/**
 * Makes sure that no other update of the stack runs, and removes the locks and the processes of updates that were killed.
 *
 * @throws CommandFailure naming the owner of a lock that cannot be proven dead; then nothing was touched.
 */
export async function ensureUnlocked(args: UnlockArgs): Promise<void> {
  const { paths, file, say } = args;
  const held = await unlock({
    state: folderState(paths.state),
    project: file.project,
    stack: file.stack,
    say,
    isOrphan: (pid, processes) => isOrphan(pid, args, processes),
    listProcesses: args.listProcesses,
  });
  if (held !== undefined) throw new CommandFailure(explain(held, file.stack));
  for (const { pid } of await findOrphans(paths.checkout, await (args.listProcesses ?? listProcesses)())) {
    process.kill(pid, "SIGKILL");
  }
}

/** An engine that a command of this checkout started, when that command is gone: nobody waits for it. */
function isOrphan(enginePid: number, { record, file }: UnlockArgs, processes: readonly LocalProcess[]): boolean {
  const run = record.read(file.stack);
  if (run?.enginePid !== enginePid) return false;
  const command = processes.find((entry) => entry.pid === run.commandPid);
  return command === undefined || Math.abs(command.startedAtMs - run.commandStartedAtMs) > clockToleranceMs;
}

function explain(finding: LockFinding, stack: string): string {
  if (finding.verdict === "live") {
    return `The stack "${stack}" is being updated by process ${finding.pid} since ${finding.since} (${finding.owner}). Wait for it to end, or stop it with \`kill -INT ${finding.pid}\`, then run the command again.`;
  }
  const reason = finding.verdict === "unknown" ? finding.reason : "";
  return `The stack "${stack}" is locked by ${finding.place}, and ${reason}. When you are sure that no update runs, remove the lock with \`pulumi cancel --stack ${stack}\` or delete the file, then run the command again.`;
}
