import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemErrorCode, ToolchainError } from "./errors.ts";
import { identityOf, isAlive, type ProcessIdentity } from "./process-identity.ts";

interface Owner extends ProcessIdentity {
  /** Tells one taking of the lock from the next. */
  readonly token: string;
}

/** How {@link withLock} waits. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once, when another live process holds the lock; what it returns is called when the wait is over. */
  readonly onWait?: (owner: ProcessIdentity) => () => void;
  /** Milliseconds between two looks at a lock that is held. @default 200 */
  readonly pollMs?: number;
}

/**
 * Runs the task while no other process on the cache runs one under the same lock file. The lock of a process that died is
 * taken over.
 *
 * @throws the signal's reason, when it aborts while waiting.
 */
export async function withLock<T>(file: string, options: LockOptions, task: () => Promise<T>): Promise<T> {
  const owner: Owner = { ...(await identityOf()), token: randomUUID() };
  await mkdir(dirname(file), { recursive: true });
  await acquire(file, owner, options);
  try {
    return await task();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, self: Owner, options: LockOptions): Promise<void> {
  let endWait: (() => void) | undefined;
  try {
    while (!(await create(file, self))) {
      options.signal?.throwIfAborted();
      const owner = await readOwner(file);
      if (owner === undefined) {
        continue;
      }
      if (!(await isAlive(owner))) {
        if (await removeDead(file, owner, self)) {
          continue;
        }
      } else {
        endWait ??= options.onWait?.(owner);
      }
      await delay(options.pollMs ?? 200, undefined, { signal: options.signal });
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    endWait?.();
  }
}

/**
 * Removes the lock of a dead owner. Only one process may do that, and only while the file is still the dead owner's: a
 * second one would remove the lock that the first has taken meanwhile. So a guard file, named after the taking, is held.
 *
 * @returns false while another process is at it.
 */
async function removeDead(file: string, dead: Owner, self: Owner): Promise<boolean> {
  const guard = `${file}.${dead.token}`;
  if (!(await create(guard, self))) {
    const holder = await readOwner(guard);
    if (holder !== undefined && !(await isAlive(holder))) {
      await rm(guard, { force: true });
    }
    return false;
  }
  try {
    if ((await readOwner(file))?.token === dead.token) {
      await rm(file, { force: true });
    }
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/** Creates the file together with its content, so that no one ever sees it empty; false when it exists. */
async function create(file: string, owner: Owner): Promise<boolean> {
  const draft = `${file}.${owner.token}.draft`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Undefined when the file is gone. */
async function readOwner(file: string): Promise<Owner | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  try {
    return JSON.parse(text) as Owner;
  } catch {
    throw new ToolchainError(`${file} is not a lock file of this program. Delete it and run again.`);
  }
}
