/** Files that container programs leave at fixed places, where those of another runtime may lie too. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes the files at fixed places that are the cluster's; its processes must have ended. */
export function removeStaleFiles(): void {
  for (const name of namesIn("/var/log/containers")) {
    const link = join("/var/log/containers", name);
    // Links to logs that are gone; the logs have been removed before.
    if (!existsSync(link) && targetOf(link)?.startsWith("/var/log/pods/") === true) rmSync(link, { force: true });
  }
  const results = namesIn("/var/lib/cni/results");
  // The name that our configuration gives the network, the pod's number, the interface.
  const pods = results.flatMap((name) => /^terrarium-([0-9a-f]{64})-/.exec(name)?.[1] ?? []);
  for (const name of results) {
    if (pods.some((pod) => name.includes(pod))) rmSync(join("/var/lib/cni/results", name), { force: true });
  }
  const listening = readFileSync("/proc/net/unix", "utf8");
  const sockets = namesIn("/run/containerd/s").map((name) => join("/run/containerd/s", name));
  for (const socket of [...sockets, "/var/lib/kubelet/device-plugins/kubelet.sock"]) {
    if (!listening.includes(socket)) rmSync(socket, { force: true });
  }
  for (const folder of sharedFolders) removeIfEmpty(folder);
}

/** The innermost first. */
const sharedFolders = [
  ...["/var/log/containers", "/var/lib/cni/results", "/var/lib/cni", "/var/lib/kubelet/device-plugins"],
  ...["/var/lib/kubelet", "/run/containerd/s", "/run/containerd/fifo", "/run/containerd"],
];

/** Removes a folder unless something is in it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is in use, or it is not there.
  }
}

/** The names in a folder; none when it does not exist. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
