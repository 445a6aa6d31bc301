import type { ClusterAccess } from "../clusters/provider.ts";
import { lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";
import { CommandFailure } from "./exit.ts";

/** One workload of an environment. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Pods that are ready; for a Job those that succeeded. */
  readonly ready: number;
  readonly desired: number;
  /** Images of the containers, in their order. */
  readonly images: readonly string[];
}

/** Reads a cluster with kubectl. */
export interface ClusterReader {
  /** Path of kubectl. */
  readonly kubectl: string;
  readonly access: ClusterAccess;
  readonly env: NodeJS.ProcessEnv;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
}

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly finalizers?: readonly string[] };
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
}

/**
 * Lists objects.
 *
 * @param args of `kubectl get`.
 * @throws CommandFailure when the cluster does not answer.
 */
export async function listObjects(reader: ClusterReader, args: readonly string[]): Promise<KubeObject[]> {
  const { kubectl, access, env } = reader;
  const target = ["--kubeconfig", access.kubeconfig, "--context", access.context, "--request-timeout=30s"];
  const result = await (reader.run ?? runCommand)(kubectl, [...target, "get", ...args, "--output", "json"], { env });
  if (result.code !== 0) throw new CommandFailure(`The cluster cannot be read: ${lastLines(result, 1)}`);
  return (JSON.parse(result.stdout) as { items: KubeObject[] }).items;
}

/** Names of the namespaces that belong to an environment. */
export async function environmentNamespaces(reader: ClusterReader, environment: string): Promise<string[]> {
  const found = await listObjects(reader, ["namespaces", "--selector", `app.kubernetes.io/instance=${environment}`]);
  return found.map((object) => object.metadata.name);
}

/** Deletes namespaces and all that is in them; does not wait. */
export async function deleteNamespaces(reader: ClusterReader, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { kubectl, access, env } = reader;
  const target = ["--kubeconfig", access.kubeconfig, "--context", access.context];
  const result = await (reader.run ?? runCommand)(
    kubectl,
    [...target, "delete", "namespaces", "--wait=false", ...names],
    { env },
  );
  if (result.code !== 0) throw new CommandFailure(`The namespaces cannot be deleted: ${lastLines(result, 1)}`);
}

/** Lists the workloads of namespaces, in the order of namespace, kind and name. */
export async function listWorkloads(reader: ClusterReader, namespaces: readonly string[]): Promise<Workload[]> {
  const kinds = "deployments,statefulsets,daemonsets,jobs,cronjobs";
  const lists = await Promise.all(namespaces.map((name) => listObjects(reader, [kinds, "--namespace", name])));
  // A CronJob's runs are shown with it, not beside it.
  const owned = (object: KubeObject): boolean => "ownerReferences" in object.metadata;
  return lists
    .flat()
    .filter((object) => !owned(object))
    .map(toWorkload)
    .sort((a, b) => sortKey(a).localeCompare(sortKey(b)));
}

function toWorkload({ kind, metadata, spec, status }: KubeObject): Workload {
  const count = (value: unknown, otherwise = 0): number => (typeof value === "number" ? value : otherwise);
  const numbers: Record<string, [ready: number, desired: number]> = {
    Deployment: [count(status?.["readyReplicas"]), count(spec?.["replicas"], 1)],
    StatefulSet: [count(status?.["readyReplicas"]), count(spec?.["replicas"], 1)],
    DaemonSet: [count(status?.["numberReady"]), count(status?.["desiredNumberScheduled"])],
    Job: [count(status?.["succeeded"]), count(spec?.["completions"], 1)],
    CronJob: [0, 0],
  };
  const [ready, desired] = numbers[kind] ?? [0, 0];
  return { kind, namespace: metadata.namespace ?? "", name: metadata.name, ready, desired, images: imagesOf(spec) };
}

function imagesOf(spec: Record<string, unknown> | undefined): string[] {
  interface PodOwner {
    template?: { spec?: { containers?: { image?: string }[] } };
    jobTemplate?: { spec?: PodOwner };
  }
  const owner = spec as PodOwner | undefined;
  const containers = (owner?.jobTemplate?.spec ?? owner)?.template?.spec?.containers ?? [];
  return containers.map((container) => container.image ?? "");
}

function sortKey({ namespace, kind, name }: Workload): string {
  return `${namespace}/${kind}/${name}`;
}
