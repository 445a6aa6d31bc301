import { claimName, type ClusterFacts, readSeedMessages } from "../../components/index.ts";
import { type EnvironmentSpec, seedName } from "../../spec/index.ts";
import { type ClusterObject, type ClusterReader, listObjects } from "../../stacks/cluster-objects.ts";
import type { SeedReport } from "../domain/operation.ts";

/** A pod's status, as far as it is looked at. */
interface PodStatus {
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

interface ContainerStatus {
  readonly state?: { readonly terminated?: { readonly message?: string } };
}

/** Arguments of {@link reportSeed}. */
export interface SeedReportArgs {
  readonly reader: ClusterReader;
  readonly namespace: string;
  readonly description: EnvironmentSpec;
  /** What was known of snapshots. */
  readonly facts: Pick<ClusterFacts, "snapshots">;
}

/**
 * Asks the cluster what became of the data that an environment's database starts with. Never rejects: what is not known now is
 * no reason to call an update failed.
 *
 * @returns undefined where there is no such data, or nothing new is known of it.
 */
export async function reportSeed(args: SeedReportArgs): Promise<SeedReport | undefined> {
  const { dataStores = {}, asleep } = args.description;
  if (asleep) return undefined;
  for (const [name, store] of Object.entries(dataStores)) {
    if (store.engine !== "postgres" || !(store.seed ?? store.snapshot)) continue;
    const restored = store.snapshot ? await reportSnapshot(args, name) : undefined;
    return store.seed && restored?.reason !== "Restored" ? reportJob(args, name) : restored;
  }
  return undefined;
}

/** A claim that is there tells what its volume was made from. */
async function reportSnapshot(
  { reader, namespace, facts }: SeedReportArgs,
  store: string,
): Promise<SeedReport | undefined> {
  const asked = ["persistentvolumeclaims", claimName(store), "--namespace", namespace, "--ignore-not-found"];
  const [claim] = await listObjects(reader, asked).catch(() => []);
  if (claim === undefined) return undefined;
  if (claim.spec?.["dataSource"] !== undefined)
    return { reason: "Restored", message: `The volume of ${store} was made from a snapshot.` };
  const found = facts.snapshots?.[store];
  const why = found && "missing" in found ? found.missing : "its volume was made before there was a snapshot";
  return { reason: "NotLoaded", message: `${store} started empty, and migrations went on: ${why}` };
}

async function reportJob({ reader, namespace }: SeedReportArgs, store: string): Promise<SeedReport | undefined> {
  const selector = `app.kubernetes.io/name=${seedName(store)}`;
  const pods = await listObjects(reader, ["pods", "--namespace", namespace, "--selector", selector]).catch(() => []);
  const report = readSeedMessages(pods.flatMap(messagesOf));
  if (report === undefined) return undefined;
  return report.isLoaded
    ? { reason: "Loaded", message: `The data of ${store} was loaded.` }
    : { reason: "NotLoaded", message: `${store} started empty, and migrations went on: ${report.why}` };
}

function messagesOf({ status }: ClusterObject): string[] {
  const { initContainerStatuses = [], containerStatuses = [] } = (status ?? {}) as PodStatus;
  return [...initContainerStatuses, ...containerStatuses].map(({ state }) => state?.terminated?.message ?? "");
}

/**
 * Why a first update may not begin: the environment must start from a snapshot that can't be used.
 *
 * @returns undefined where it may.
 */
export function missingSnapshot(
  { dataStores = {} }: EnvironmentSpec,
  { snapshots = {} }: Pick<ClusterFacts, "snapshots">,
): string | undefined {
  for (const [name, store] of Object.entries(dataStores)) {
    if (store.engine !== "postgres" || !store.snapshot?.required) continue;
    const found = snapshots[name];
    if (found === undefined) return `Nobody has looked for the snapshot of ${name}.`;
    if ("missing" in found) return `${name} may not start empty, and ${found.missing}.`;
  }
  return undefined;
}
