import type { ClusterFacts, GoldenSnapshot, MissingSnapshot } from "../../components/index.ts";
import {
  compareQuantities,
  type EnvironmentSpec,
  InvalidSpecError,
  type PostgresSnapshot,
  resolveEnvironment,
  type ResolvedEnvironment,
  type ResolvedPostgres,
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

interface StorageClass {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Name of the driver. */
  readonly provisioner: string;
}

const STORAGE_CLASSES = "/apis/storage.k8s.io/v1/storageclasses";

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
  const found = Object.entries(wanted).map(async ([store, asked]) => {
    return [store, await find(api, asked)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

interface Wanted {
  readonly snapshot: PostgresSnapshot;
  /** Of the volume. */
  readonly storage: ResolvedPostgres["storage"];
}

function snapshotsOf(description: EnvironmentSpec): Record<string, Wanted> {
  const { dataStores = {} } = description;
  if (!Object.values(dataStores).some((store) => store.engine === "postgres" && store.snapshot)) return {};
  return Object.fromEntries(
    Object.entries(resolved(description)).flatMap(([name, store]) =>
      store.engine === "postgres" && store.snapshot
        ? [[name, { snapshot: store.snapshot, storage: store.storage }] as const]
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
  { snapshot, storage: { size, storageClass } }: Wanted,
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
  const { driver } = content.spec;
  const of = await findStorageClass(api, storageClass);
  if (of?.provisioner === driver) return { driver, handle };
  const ofClass = of
    ? `${of.provisioner} makes the volumes of the class ${of.metadata.name}`
    : `there is no ${storageClass === undefined ? "default StorageClass" : `StorageClass ${storageClass}`} that the service may see`;
  return missing(snapshot, `its driver is ${driver}, and ${ofClass}`);
}

/** The class of a volume. @param name @default the cluster's default, as the API server chooses it: the newest */
async function findStorageClass(api: Pick<Api, "send">, name: string | undefined): Promise<StorageClass | undefined> {
  if (name !== undefined) return read<StorageClass>(api, `${STORAGE_CLASSES}/${name}`);
  const { items = [] } = (await read<{ items?: readonly StorageClass[] }>(api, STORAGE_CLASSES)) ?? {};
  const madeAt = ({ metadata }: StorageClass) => Date.parse(metadata.creationTimestamp);
  return items
    .filter(({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true")
    .toSorted((one, other) => madeAt(other) - madeAt(one))[0];
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
