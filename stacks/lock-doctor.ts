/**
 * Locks that an interrupted update left in the state. Pulumi never removes the lock of a process that was killed; a lock is
 * removed here only when its owner is proven dead.
 */
import type { ListProcesses, LocalProcess } from "../clusters/processes.ts";
import { type LockFiles, lockPrefix, type StackName, unfinishedSince } from "./state-files.ts";

/** What a lock says, and what became of its owner. */
export type LockFinding =
  | {
      readonly verdict: "dead";
      readonly key: string;
      /** Where the lock is, for people. */
      readonly place: string;
      readonly owner: string;
      readonly proof: string;
    }
  | {
      readonly verdict: "live";
      readonly key: string;
      readonly place: string;
      readonly owner: string;
      readonly pid: number;
      readonly since: string;
    }
  | { readonly verdict: "unknown"; readonly key: string; readonly place: string; readonly reason: string };

/** By what an owner's death is proven. */
export interface Witness {
  /** Name of this machine, or of the pod that this is. */
  readonly host: string;
  /** Lists the processes of {@link host}. */
  readonly listProcesses: ListProcesses;
  /**
   * Whether another host is gone for good with all that ran there at a time: the pod of that name was removed since.
   *
   * @default nothing is known of other hosts
   */
  readonly isHostGone?: (host: string, at: Date) => Promise<boolean>;
}

/** Milliseconds by which a process may seem to start after it wrote its lock: start times are accurate to a second. */
const clockToleranceMs = 5_000;

/** Milliseconds after which a lock of which only a part was written will never be complete. */
const unfinishedMs = 30_000;

/** Examines the locks of a stack. */
export async function examineLocks(state: LockFiles, stack: StackName, witness: Witness): Promise<LockFinding[]> {
  // To Pulumi every file here is a lock, one that it was killed over before it was complete too.
  const keys = await state.list(lockPrefix(stack));
  if (keys.length === 0) return [];
  const texts = await Promise.all(keys.map((key) => state.read(key)));
  // After the locks are read: an owner that is not among the processes has ended, and not just not started.
  const processes = await witness.listProcesses();
  const findings = keys.map((key, index) => examine(texts[index], key, state.locate(key), witness, processes));
  return (await Promise.all(findings)).filter((finding) => finding !== undefined);
}

/** Removes locks. */
export async function removeLocks(state: LockFiles, findings: readonly LockFinding[]): Promise<void> {
  for (const { key } of findings) await state.remove(key);
}

async function examine(
  text: string | undefined,
  key: string,
  place: string,
  witness: Witness,
  processes: readonly LocalProcess[],
): Promise<LockFinding | undefined> {
  // Its owner has removed it meanwhile.
  if (text === undefined) return undefined;
  const lock = parseLock(text);
  if (lock === undefined) {
    return (unfinishedSince(key) ?? Infinity) + unfinishedMs < Date.now()
      ? { verdict: "dead", key, place, owner: "unknown", proof: "it was never completely written" }
      : { verdict: "unknown", key, place, reason: "it is not a complete lock" };
  }
  const owner = `${lock.username}@${lock.hostname}, process ${lock.pid}`;
  if (lock.hostname !== witness.host) {
    return (await witness.isHostGone?.(lock.hostname, new Date(lock.timestamp)))
      ? { verdict: "dead", key, place, owner, proof: "that pod is gone" }
      : { verdict: "unknown", key, place, reason: `its owner is on another machine (${owner})` };
  }
  const holder = processes.find((entry) => entry.pid === lock.pid);
  if (holder === undefined) return { verdict: "dead", key, place, owner, proof: "that process has ended" };
  if (holder.startedAtMs > Date.parse(lock.timestamp) + clockToleranceMs) {
    return { verdict: "dead", key, place, owner, proof: "that number belongs to a later process now" };
  }
  return { verdict: "live", key, place, owner, pid: lock.pid, since: lock.timestamp };
}

interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

function parseLock(text: string): Lock | undefined {
  try {
    const lock = JSON.parse(text) as Partial<Lock>;
    const complete =
      typeof lock.pid === "number" &&
      typeof lock.hostname === "string" &&
      typeof lock.timestamp === "string" &&
      !Number.isNaN(Date.parse(lock.timestamp));
    return complete ? ({ username: "unknown", ...lock } as Lock) : undefined;
  } catch {
    return undefined;
  }
}
