import { type ClusterObject, type ClusterReader, listObjects } from "../stacks/cluster-objects.ts";

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

/** Lists the workloads of namespaces, in the order of namespace, kind and name. */
export async function listWorkloads(reader: ClusterReader, namespaces: readonly string[]): Promise<Workload[]> {
  const kinds = "deployments,statefulsets,daemonsets,jobs,cronjobs";
  const lists = await Promise.all(namespaces.map((name) => listObjects(reader, [kinds, "--namespace", name])));
  // A CronJob's runs are shown with it, not beside it.
  const owned = (object: ClusterObject): boolean => "ownerReferences" in object.metadata;
  return lists
    .flat()
    .filter((object) => !owned(object))
    .map(toWorkload)
    .sort((a, b) => sortKey(a).localeCompare(sortKey(b)));
}

function toWorkload({ kind, metadata, spec, status }: ClusterObject): Workload {
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
