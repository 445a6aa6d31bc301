/**
 * Locks that an interrupted update left in the local state. Pulumi never removes the lock of a process that was killed; a
 * lock is removed here only when its owner is proven dead.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join, sep } from "node:path";
import type { LocalProcess } from "../clusters/processes.ts";

/** What a lock file says, and what became of the lock's owner. */
export type LockFinding =
  | { readonly verdict: "dead"; readonly path: string; readonly owner: string; readonly proof: string }
  | {
      readonly verdict: "live";
      readonly path: string;
      readonly owner: string;
      readonly pid: number;
      readonly since: string;
    }
  | { readonly verdict: "unknown"; readonly path: string; readonly reason: string };

/** Milliseconds by which a process may seem to start after it wrote its lock: start times are accurate to a second. */
const clockToleranceMs = 5_000;

/**
 * Examines the locks of a stack.
 *
 * @param stateFolder folder of the file backend.
 * @param processes those of this machine.
 * @param host name of this machine. @default its hostname
 */
export function examineLocks(
  stateFolder: string,
  project: string,
  stack: string,
  processes: readonly LocalProcess[],
  host: string = hostname(),
): LockFinding[] {
  const locks = join(stateFolder, ".pulumi", "locks");
  if (!existsSync(locks)) return [];
  const ending = [project, stack].join(sep);
  return readdirSync(locks, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json") && entry.parentPath.endsWith(sep + ending))
    .map((entry) => examine(join(entry.parentPath, entry.name), processes, host));
}

/** Removes locks and the attribute files beside them. */
export function removeLocks(findings: readonly LockFinding[]): void {
  for (const { path } of findings) {
    rmSync(path, { force: true });
    rmSync(`${path}.attrs`, { force: true });
  }
}

function examine(path: string, processes: readonly LocalProcess[], host: string): LockFinding {
  const lock = readLock(path);
  if (lock === undefined) return { verdict: "unknown", path, reason: "it is not a complete lock" };
  const owner = `${lock.username}@${lock.hostname}, process ${lock.pid}`;
  if (lock.hostname !== host) return { verdict: "unknown", path, reason: `its owner is on another machine (${owner})` };
  const holder = processes.find((entry) => entry.pid === lock.pid);
  if (holder === undefined) return { verdict: "dead", path, owner, proof: "that process has ended" };
  if (holder.startedAtMs > Date.parse(lock.timestamp) + clockToleranceMs) {
    return { verdict: "dead", path, owner, proof: "that number belongs to a later process now" };
  }
  return { verdict: "live", path, owner, pid: lock.pid, since: lock.timestamp };
}

interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

function readLock(path: string): Lock | undefined {
  try {
    const lock = JSON.parse(readFileSync(path, "utf8")) as Partial<Lock>;
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
