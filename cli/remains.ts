import { waitUntil } from "../clusters/wait-until.ts";
import { type ClusterReader, listObjects } from "./inventory.ts";

/** Milliseconds that the cluster gets to finish deletions after the engine has ended. */
const goneTimeoutMs = 60_000;

/** Names of the persistent volumes that claims of the namespaces use. */
export async function volumesOf(reader: ClusterReader, namespaces: readonly string[]): Promise<string[]> {
  if (namespaces.length === 0) return [];
  const volumes = await listObjects(reader, ["persistentvolumes"]);
  return volumes
    .filter(({ spec }) => {
      const claim = spec?.["claimRef"] as { namespace?: string } | undefined;
      return claim?.namespace !== undefined && namespaces.includes(claim.namespace);
    })
    .map((volume) => volume.metadata.name);
}

/**
 * Looks whether an environment's namespaces and volumes are gone, giving the cluster a minute.
 *
 * @returns one line for each that is left, naming what holds it; empty when everything is gone.
 */
export async function findRemains(
  reader: ClusterReader,
  namespaces: readonly string[],
  volumes: readonly string[],
): Promise<string[]> {
  if (namespaces.length === 0) return [];
  let remains: string[] = [];
  await waitUntil(
    async () => {
      remains = await look(reader, namespaces, volumes);
      return remains.length === 0 ? undefined : "left";
    },
    { timeoutMs: goneTimeoutMs, everyMs: 300 },
  );
  return remains;
}

async function look(
  reader: ClusterReader,
  namespaces: readonly string[],
  volumes: readonly string[],
): Promise<string[]> {
  const [allNamespaces, allVolumes] = await Promise.all([
    listObjects(reader, ["namespaces"]),
    volumes.length === 0 ? [] : listObjects(reader, ["persistentvolumes"]),
  ]);
  const heldNamespaces = allNamespaces
    .filter(({ metadata }) => namespaces.includes(metadata.name))
    .map(({ metadata, status }) => `namespace ${metadata.name}: ${namespaceHolder(status)}`);
  const heldVolumes = allVolumes
    .filter(({ metadata }) => volumes.includes(metadata.name))
    .map(({ metadata, spec, status }) => {
      const policy = String(spec?.["persistentVolumeReclaimPolicy"]);
      const finalizers = metadata.finalizers?.join(", ") ?? "none";
      return `volume ${metadata.name}: ${String(status?.["phase"])}, reclaim policy ${policy}, finalizers ${finalizers}`;
    });
  return [...heldNamespaces, ...heldVolumes];
}

/** The API server says in conditions what keeps a namespace that is being deleted. */
function namespaceHolder(status: Record<string, unknown> | undefined): string {
  const conditions = (status?.["conditions"] ?? []) as { status?: string; message?: string }[];
  const messages = conditions.filter((condition) => condition.status === "True").map(({ message }) => message ?? "");
  return messages.length > 0 ? messages.join("; ") : ((status?.["phase"] as string | undefined) ?? "still there");
}
