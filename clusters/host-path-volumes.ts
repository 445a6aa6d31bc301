/**
 * Folders of the volumes that a simulated cluster provisioned. kube-controller-manager's built-in provisioner makes them
 * in /tmp/hostpath_pv and removes each with its volume; a cluster that is removed while it has volumes leaves them.
 */
import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** Where kube-controller-manager's provisioner puts all volumes of all clusters; it is not configurable. */
export const hostPathRoot = "/tmp/hostpath_pv";

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/**
 * Finds the folders that belong to a cluster in the cluster's own store, so that nothing has to run for it and no other
 * cluster's folder can be meant: etcd keeps each volume with its path in plain text, in its database or its log.
 *
 * @param etcdData etcd's data folder.
 * @returns absolute paths; also of volumes that were deleted long ago.
 */
export async function findVolumeFolders(etcdData: string, root: string = hostPathRoot): Promise<string[]> {
  const pattern = new RegExp(`${root.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}/${uuid}`, "g");
  const found = new Set<string>();
  for (const file of await filesBelow(etcdData)) {
    // Latin-1 maps each byte to one character: any file can be searched as text.
    const text = await readFile(file, "latin1");
    for (const match of text.matchAll(pattern)) found.add(match[0]);
  }
  return [...found].sort();
}

/**
 * Removes volume folders, and their parent when it is empty.
 *
 * @returns the folders that could not be removed.
 */
export async function removeVolumeFolders(folders: readonly string[], root: string = hostPathRoot): Promise<string[]> {
  const left: string[] = [];
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true }).catch(() => left.push(folder));
  }
  // Another cluster's volumes keep it; so does a parent that never existed.
  await rmdir(root).catch(() => undefined);
  return left;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
