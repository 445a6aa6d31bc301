import type { LocalPaths } from "./local-paths.ts";
import { ClusterError, type Say } from "./provider.ts";
import { withLock } from "./toolchain/lock.ts";

/** Milliseconds to wait for another command that starts or removes this checkout's cluster. */
const patienceMs = 300_000;

/**
 * Runs the task while no other command starts or removes this checkout's cluster. A lock whose owner died is taken over.
 *
 * @throws ClusterError naming the owner, when it holds the lock for too long.
 */
export async function whileLocked<T>(paths: LocalPaths, say: Say, task: () => Promise<T>): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => {
    patience.abort();
  }, patienceMs);
  let owner = "another process";
  let acquired = false;
  try {
    return await withLock(
      paths.clusterLock,
      {
        signal: patience.signal,
        onWait: ({ pid, host }) => {
          owner = `process ${pid} on ${host}`;
          say(`Waiting for ${owner}, which starts or removes this checkout's cluster.`);
          return () => undefined;
        },
      },
      () => {
        acquired = true;
        clearTimeout(timer);
        return task();
      },
    );
  } catch (error) {
    if (acquired || !patience.signal.aborted) throw error;
    throw new ClusterError(
      `${owner} has been starting or removing this checkout's cluster for ${patienceMs / 60_000} minutes. Stop it, then run the command again.`,
    );
  } finally {
    clearTimeout(timer);
  }
}
