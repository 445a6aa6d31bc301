import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { previewName } from "../../../platform/domain/names.ts";
import type { StateResource } from "../../../stacks/pending-operations.ts";
import type { PlatformCluster } from "../platform-cluster.ts";
import { serviceProcesses } from "./service-processes.ts";

/** Lists of the kinds of objects that environments are made of. */
const LISTS: Readonly<Record<string, string>> = {
  Namespace: "/api/v1/namespaces",
  Service: "/api/v1/services",
  Secret: "/api/v1/secrets",
  ConfigMap: "/api/v1/configmaps",
  ServiceAccount: "/api/v1/serviceaccounts",
  PersistentVolumeClaim: "/api/v1/persistentvolumeclaims",
  ResourceQuota: "/api/v1/resourcequotas",
  Deployment: "/apis/apps/v1/deployments",
  StatefulSet: "/apis/apps/v1/statefulsets",
  Job: "/apis/batch/v1/jobs",
  NetworkPolicy: "/apis/networking.k8s.io/v1/networkpolicies",
  PodDisruptionBudget: "/apis/policy/v1/poddisruptionbudgets",
};

const PROJECT = "preview-environments";

interface KubeObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly claimRef?: { readonly namespace?: string } };
}

/**
 * Looks for what no wanted environment accounts for, and for what is missing of those: namespaces, objects, volumes, state,
 * locks, notes of open operations, folders, temporary files, processes. The service must have ended.
 *
 * @param wanted names of the environments that there should be.
 * @returns a line for each finding.
 */
export async function findLeaks(cluster: PlatformCluster, wanted: ReadonlySet<string>): Promise<string[]> {
  const stacks = new Set([...wanted].map(previewName));
  const processes = await serviceProcesses(cluster.mark);
  const objects = await labelledObjects(cluster);
  return [
    ...processes.map(({ pid, commandLine }) => `process ${pid}: ${commandLine}`),
    ...files(cluster.dataFolder, "operations").map((path) => `work folder: ${path}`),
    ...files(cluster.temporaryFolder, ".").map((path) => `temporary file: ${path}`),
    ...leftState(join(cluster.dataFolder, "state", ".pulumi"), stacks),
    ...(await leftInCluster(cluster, stacks)),
    ...[...stacks].flatMap((stack) => differences(cluster, stack, objects)),
  ];
}

/** What the state has of a stack; undefined where it has none. */
export function readStack(cluster: PlatformCluster, stack: string): StackState | undefined {
  const file = join(cluster.dataFolder, "state", ".pulumi", "stacks", PROJECT, `${stack}.json`);
  if (!existsSync(file)) return undefined;
  const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as { checkpoint: { latest?: Partial<StackState> } };
  return {
    resources: checkpoint.latest?.resources ?? [],
    pending_operations: checkpoint.latest?.pending_operations ?? [],
  };
}

/** The part of a stack's state that is looked at. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending_operations: readonly { readonly type: string; readonly resource: StateResource }[];
}

/** Names of the files of a stack's locks. */
export function locksOf(cluster: PlatformCluster, stack: string): string[] {
  return files(join(cluster.dataFolder, "state", ".pulumi", "locks", "organization", PROJECT), stack);
}

/** Names and kinds of a stack's objects in the cluster, as `Deployment preview-a/web`. */
export async function objectsOf(cluster: PlatformCluster, stack: string): Promise<string[]> {
  return (await labelledObjects(cluster)).filter((object) => stackOf(object) === stack);
}

function files(folder: string, name: string): string[] {
  const path = join(folder, name);
  return existsSync(path) ? readdirSync(path, { recursive: true, encoding: "utf8" }).sort() : [];
}

/** Folders count too: each stack that ever was would leave some. */
function leftState(folder: string, stacks: ReadonlySet<string>): string[] {
  const isExpected = (path: string): boolean => {
    if (/^(meta\.yaml|stacks|history|locks|locks\/organization)$/.test(path)) return true;
    if (new RegExp(`^(stacks|history|locks/organization)/${PROJECT}$`).test(path)) return true;
    const ofStack =
      new RegExp(`^stacks/${PROJECT}/([^/]+)\\.json(\\.bak)?$`).exec(path) ??
      new RegExp(`^history/${PROJECT}/([^/]+)(/\\1-\\d+\\.(history|checkpoint)\\.json)?$`).exec(path) ??
      // The folder, not what is in it.
      new RegExp(`^locks/organization/${PROJECT}/([^/]+)$`).exec(path);
    return ofStack?.[1] !== undefined && stacks.has(ofStack[1]);
  };
  return files(folder, ".")
    .filter((path) => !isExpected(path.replace(/\.attrs$/, "")))
    .map((path) => `state: ${path}`);
}

async function leftInCluster(cluster: PlatformCluster, stacks: ReadonlySet<string>): Promise<string[]> {
  const namespaces = (await list(cluster, "/api/v1/namespaces")).map(({ metadata }) => metadata.name);
  const volumes = await list(cluster, "/api/v1/persistentvolumes");
  const isLeft = (namespace = ""): boolean => namespace.startsWith(previewName("")) && !stacks.has(namespace);
  return [
    ...namespaces.filter(isLeft).map((name) => `namespace: ${name}`),
    ...volumes
      .filter(({ spec }) => isLeft(spec?.claimRef?.namespace))
      .map(({ metadata, spec }) => `volume: ${metadata.name} of ${spec?.claimRef?.namespace}`),
  ];
}

/** Where a stack's state and the cluster do not agree, and open operations. */
export async function stateDifferences(cluster: PlatformCluster, stack: string): Promise<string[]> {
  return differences(cluster, stack, await labelledObjects(cluster));
}

function differences(cluster: PlatformCluster, stack: string, objects: readonly string[]): string[] {
  const state = readStack(cluster, stack);
  if (state === undefined) return [`${stack}: there is no state`];
  const there = objects.filter((object) => stackOf(object) === stack);
  const known = state.resources.map(nameInCluster).filter((name) => name !== undefined);
  return [
    ...state.pending_operations.map(({ type, resource }) => `${stack}: still ${type} ${resource.urn}`),
    ...known.filter((name) => !there.includes(name)).map((name) => `${stack}: ${name} is not in the cluster`),
    ...there.filter((name) => !known.includes(name)).map((name) => `${stack}: ${name} is not in the state`),
  ];
}

async function labelledObjects(cluster: PlatformCluster): Promise<string[]> {
  const query = { labelSelector: "app.kubernetes.io/managed-by=terrarium" };
  const found = await Promise.all(
    Object.entries(LISTS).map(async ([kind, path]) =>
      (await list(cluster, path, query)).map(({ metadata: { name, namespace } }) =>
        namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`,
      ),
    ),
  );
  return found.flat();
}

/** The stack that an object is of, by its namespace. */
function stackOf(object: string): string | undefined {
  return object.split(" ")[1]?.split("/")[0];
}

function nameInCluster({ type, id }: StateResource): string | undefined {
  const kind = type.slice(type.lastIndexOf(":") + 1);
  return type.startsWith("kubernetes:") && id !== undefined && kind in LISTS ? `${kind} ${id}` : undefined;
}

async function list(cluster: PlatformCluster, path: string, query = {}): Promise<readonly KubeObject[]> {
  return (await cluster.api.send<{ items: KubeObject[] }>("GET", path, { query, timeoutMs: 60_000 })).items;
}
