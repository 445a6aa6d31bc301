import { listProcesses, type ListProcesses, type LocalProcess } from "../clusters/processes.ts";
import { waitUntil } from "../clusters/wait-until.ts";
import type { LocalPaths } from "../clusters/local-paths.ts";
import { CommandFailure } from "./exit.ts";
import { examineLocks, type LockFinding, removeLocks } from "./lock-doctor.ts";
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

/** Milliseconds that an engine without a command gets to finish what it is doing. */
const orphanTimeoutMs = 120_000;

/** Milliseconds by which two readings of one start time may differ. */
const clockToleranceMs = 5_000;

/**
 * Makes sure that no other update of the stack runs, and removes the locks and the processes of updates that were killed.
 *
 * @throws CommandFailure naming the owner of a lock that cannot be proven dead; then nothing was touched.
 */
export async function ensureUnlocked(args: UnlockArgs): Promise<void> {
  const list = args.listProcesses ?? listProcesses;
  let findings = await examine(args, list);
  const orphan = findings.find((finding) => finding.verdict === "live");
  if (orphan !== undefined && isOrphan(orphan.pid, args, await list())) {
    args.say(`An interrupted command left its engine running (process ${orphan.pid}); stopping it.`);
    process.kill(orphan.pid, "SIGINT");
    await waitUntil(async () => ((await list()).some((entry) => entry.pid === orphan.pid) ? "running" : undefined), {
      timeoutMs: orphanTimeoutMs,
      everyMs: 100,
    });
    findings = await examine(args, list);
  }
  const held = findings.find((finding) => finding.verdict !== "dead");
  if (held !== undefined) throw new CommandFailure(explain(held, args.file.stack));
  const dead = findings.filter((finding) => finding.verdict === "dead");
  for (const { owner, proof } of dead) {
    args.say(`Removing the lock of an interrupted update (${owner}): ${proof}.`);
  }
  removeLocks(dead);
  for (const { pid } of await findOrphans(args.paths.checkout, await list())) {
    process.kill(pid, "SIGKILL");
  }
}

async function examine({ paths, file }: UnlockArgs, list: ListProcesses): Promise<LockFinding[]> {
  return examineLocks(paths.state, file.project, file.stack, await list());
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
  return `The stack "${stack}" is locked by ${finding.path}, and ${reason}. When you are sure that no update runs, remove the lock with \`pulumi cancel --stack ${stack}\` or delete the file, then run the command again.`;
}
