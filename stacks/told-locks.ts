import { type LockFiles, lockPrefix, type StackName } from "./state-files.ts";

/**
 * The locks of a stack whose files only Pulumi reaches, as it tells of them when they are in its way.
 *
 * @param told what Pulumi said.
 * @param cancel removes all locks of the stack at once, as `pulumi cancel` does: Pulumi can't remove one alone. While there is
 * one, nobody gets another; one that somebody takes after the others were removed is removed with them.
 * @returns undefined where it tells of no lock, or not of all.
 * @see https://github.com/pulumi/pulumi/blob/v3.216.0/pkg/backend/diy/lock.go
 */
export function toldLocks(told: string, stack: StackName, cancel: () => Promise<void>): LockFiles | undefined {
  const count = Number(/the stack is currently locked by (\d+) lock\(s\)/.exec(told)?.[1] ?? 0);
  const locks = new Map<string, { readonly place: string; readonly text: string }>();
  for (const [, place = "", username, hostname, pid, timestamp] of told.matchAll(LOCK)) {
    const start = place.indexOf(lockPrefix(stack));
    if (start < 0) return undefined;
    const text = JSON.stringify({ pid: Number(pid), username, hostname, timestamp });
    locks.set(place.slice(start), { place: place.replace(/\?.*$/, ""), text });
  }
  if (count === 0 || locks.size !== count) return undefined;
  let cancelled: Promise<void> | undefined;
  return {
    list: (prefix) => Promise.resolve([...locks.keys()].filter((key) => key.startsWith(prefix)).sort()),
    read: (key) => Promise.resolve(locks.get(key)?.text),
    remove: () => (cancelled ??= cancel()),
    locate: (key) => locks.get(key)?.place ?? key,
  };
}

/** Where a lock is, and whose it is. */
const LOCK = /(\S+): created by (.*?)@(\S+) \(pid (\d+)\) at (\S+)/g;
