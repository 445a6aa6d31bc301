import { setTimeout as delay } from "node:timers/promises";
import { runCommand } from "../clusters/run-command.ts";
import { type ClusterReader, listObjects } from "./inventory.ts";

/** Milliseconds between two looks at the namespaces. */
const everyMs = 400;

/** What takes a moment to end, and what waits for it. */
const slowKinds = "cronjobs,jobs,deployments,statefulsets,daemonsets,replicasets,pods,persistentvolumeclaims";

/**
 * Empties namespaces as soon as they are being deleted. Kubernetes looks at such a namespace 5 seconds later, deletes
 * what is in it, and looks again 5 or more seconds after that, because pods take a moment to end; when the first look
 * finds no pods it is also the last. Nothing is deleted here that is not lost already.
 *
 * @param signal ends the watch; never rejects.
 */
export async function hastenDeletion(
  reader: ClusterReader,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Set(namespaces);
  const run = reader.run ?? runCommand;
  try {
    while (waiting.size > 0 && !signal.aborted) {
      const found = await listObjects(reader, ["namespaces"]);
      const ending = found
        .filter(({ metadata, status }) => waiting.has(metadata.name) && status?.["phase"] === "Terminating")
        .map(({ metadata }) => metadata.name);
      for (const name of ending) waiting.delete(name);
      const { kubeconfig, context } = reader.access;
      const target = ["--kubeconfig", kubeconfig, "--context", context];
      const remove = (name: string): string[] => [...target, "delete", slowKinds, "--all", "--wait=false", "-n", name];
      await Promise.all(
        ending.map((name) => run(reader.kubectl, remove(name), { env: reader.env, timeoutMs: 30_000 })),
      );
      await delay(everyMs, undefined, { signal });
    }
  } catch {
    // The deletion goes on without help.
  }
}
