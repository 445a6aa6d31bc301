import { waitUntil } from "../clusters/wait-until.ts";
import { type ClusterObject, type ClusterReader, listObjects } from "./cluster-objects.ts";

/** Milliseconds that the cluster gets to finish deletions after the engine has ended. */
const goneTimeoutMs = 60_000;

/** What is left of an environment that was removed. */
export interface Remain {
  readonly kind: "namespace" | "volume";
  readonly name: string;
  /** What holds it, as far as the cluster says. */
  readonly holder: string;
}

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
 * Looks whether an environment's namespaces and volumes are gone.
 *
 * @param timeoutMs milliseconds that the cluster gets to finish. @default 60000
 * @returns what is left; empty when everything is gone.
 */
export async function findRemains(
  reader: ClusterReader,
  namespaces: readonly string[],
  volumes: readonly string[],
  timeoutMs = goneTimeoutMs,
): Promise<Remain[]> {
  if (namespaces.length === 0) return [];
  let remains: Remain[] = [];
  await waitUntil(
    async () => {
      remains = await look(reader, namespaces, volumes);
      return remains.length === 0 ? undefined : "left";
    },
    { timeoutMs, everyMs: 300 },
  );
  return remains;
}

async function look(
  reader: ClusterReader,
  namespaces: readonly string[],
  volumes: readonly string[],
): Promise<Remain[]> {
  const [heldNamespaces, heldVolumes] = await Promise.all([
    byName(reader, "namespaces", namespaces),
    byName(reader, "persistentvolumes", volumes),
  ]);
  return [
    ...heldNamespaces.map(({ metadata, status }) => ({
      kind: "namespace" as const,
      name: metadata.name,
      holder: namespaceHolder(status),
    })),
    ...heldVolumes.map(({ metadata, spec, status }) => {
      const policy = String(spec?.["persistentVolumeReclaimPolicy"]);
      const finalizers = metadata.finalizers?.join(", ") ?? "none";
      const holder = `${String(status?.["phase"])}, reclaim policy ${policy}, finalizers ${finalizers}`;
      return { kind: "volume" as const, name: metadata.name, holder };
    }),
  ];
}

function byName(reader: ClusterReader, kind: string, names: readonly string[]): Promise<ClusterObject[]> {
  return names.length === 0 ? Promise.resolve([]) : listObjects(reader, [kind, ...names, "--ignore-not-found"]);
}

/** The API server says in conditions what keeps a namespace that is being deleted. */
function namespaceHolder(status: Record<string, unknown> | undefined): string {
  const conditions = (status?.["conditions"] ?? []) as { status?: string; message?: string }[];
  const messages = conditions.filter((condition) => condition.status === "True").map(({ message }) => message ?? "");
  return messages.length > 0 ? messages.join("; ") : ((status?.["phase"] as string | undefined) ?? "still there");
}
