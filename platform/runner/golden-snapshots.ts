import type { ClusterFacts, GoldenSnapshot, MissingSnapshot } from "../../components/index.ts";
import {
  compareQuantities,
  type EnvironmentSpec,
  InvalidSpecError,
  type PostgresSnapshot,
  resolveEnvironment,
  type ResolvedEnvironment,
  SNAPSHOT_GROUP,
} from "../../spec/index.ts";
import { type Api, ApiError, isNotFound } from "../adapters/kubernetes/api.ts";

interface VolumeSnapshot {
  readonly status?: {
    readonly readyToUse?: boolean;
    readonly boundVolumeSnapshotContentName?: string;
    readonly restoreSize?: string;
  };
}

interface VolumeSnapshotContent {
  readonly spec: { readonly driver: string };
  readonly status?: { readonly snapshotHandle?: string };
}

/**
 * Looks for the snapshots that a description's Postgres stores are to be made from. What can't be had is told, and the store
 * starts without it.
 *
 * @returns nothing for a description that is wrong: whoever applies it says so.
 * @throws ApiError when the API server does not answer: a volume is made once, and would stay empty.
 */
export async function findGoldenSnapshots(
  api: Pick<Api, "send">,
  description: EnvironmentSpec | undefined,
): Promise<NonNullable<ClusterFacts["snapshots"]>> {
  const wanted = description ? snapshotsOf(description) : {};
  const found = Object.entries(wanted).map(async ([store, { snapshot, size }]) => {
    return [store, await find(api, snapshot, size)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

interface Wanted {
  readonly snapshot: PostgresSnapshot;
  /** Size of the volume. */
  readonly size: string;
}

function snapshotsOf(description: EnvironmentSpec): Record<string, Wanted> {
  const { dataStores = {} } = description;
  if (!Object.values(dataStores).some((store) => store.engine === "postgres" && store.snapshot)) return {};
  return Object.fromEntries(
    Object.entries(resolved(description)).flatMap(([name, store]) =>
      store.engine === "postgres" && store.snapshot
        ? [[name, { snapshot: store.snapshot, size: store.storage.size }] as const]
        : [],
    ),
  );
}

function resolved(description: EnvironmentSpec): ResolvedEnvironment["dataStores"] {
  try {
    return resolveEnvironment(description).dataStores;
  } catch (error) {
    if (error instanceof InvalidSpecError) return {};
    throw error;
  }
}

async function find(
  api: Pick<Api, "send">,
  snapshot: PostgresSnapshot,
  size: string,
): Promise<GoldenSnapshot | MissingSnapshot> {
  const { namespace, name } = snapshot;
  const path = `/apis/${SNAPSHOT_GROUP}/v1`;
  const { status = {} } =
    (await read<VolumeSnapshot>(api, `${path}/namespaces/${namespace}/volumesnapshots/${name}`)) ?? {};
  const { readyToUse, boundVolumeSnapshotContentName: bound, restoreSize } = status;
  if (readyToUse !== true || bound === undefined)
    return missing(snapshot, "there is none that the service may see and that is ready to use");
  if (restoreSize !== undefined && compareQuantities(size, restoreSize, "bytes") < 0)
    return missing(snapshot, `it takes a volume of ${restoreSize}, and storage.size is ${size}`);
  const content = await read<VolumeSnapshotContent>(api, `${path}/volumesnapshotcontents/${bound}`);
  const handle = content?.status?.snapshotHandle;
  if (content === undefined || handle === undefined)
    return missing(snapshot, "the storage system does not know it yet");
  return { driver: content.spec.driver, handle };
}

function missing({ namespace, name }: PostgresSnapshot, why: string): MissingSnapshot {
  return { missing: `the VolumeSnapshot ${namespace}/${name} can't be used: ${why}` };
}

/** @returns undefined where there is no such object, no such kind of it, or no right to see it. */
async function read<T>(api: Pick<Api, "send">, path: string): Promise<T | undefined> {
  try {
    return await api.send<T>("GET", path);
  } catch (error) {
    if (isNotFound(error) || (error instanceof ApiError && error.status === 403)) return undefined;
    throw error;
  }
}
