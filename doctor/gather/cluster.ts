import { lastLines } from "../../clusters/run-command.ts";
import { type ClusterReader, listObjects, runKubectl } from "../../stacks/cluster-objects.ts";
import type { Facts, Kind, SecretKeys, SeenObject, Unread } from "../facts.ts";

/** What the cluster tells. */
export type ClusterFacts = Pick<Facts, "objects" | "secrets" | "unread">;

/** Kinds that are read in each of the environment's namespaces. */
const IN_NAMESPACE: readonly Kind[] = [
  "ConfigMap",
  "CronJob",
  "DaemonSet",
  "Deployment",
  "Event",
  "Job",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "Pod",
  "PodDisruptionBudget",
  "ReplicaSet",
  "ResourceQuota",
  "Service",
  "ServiceAccount",
  "StatefulSet",
];
/** Kinds that belong to the cluster as a whole. */
const OF_CLUSTER: readonly Kind[] = ["Namespace", "Node", "StorageClass"];
/** The cluster's DNS. */
const DNS = ["--namespace", "kube-system", "--selector", "k8s-app=kube-dns"];

/** Prints namespace, name and keys of Secrets, so that no value ever reaches this process. */
const KEYS_ONLY =
  '{{range .items}}{{.metadata.namespace}} {{.metadata.name}}{{range $key, $value := .data}} {{$key}}{{end}}{{"\\n"}}{{end}}';

type SomeObject = SeenObject<Kind>;

/** Reads everything about an environment's namespaces, at once. What the cluster does not tell is named. */
export async function gatherCluster(reader: ClusterReader, namespaces: readonly string[]): Promise<ClusterFacts> {
  const unread: Unread[] = [];
  const orUnread = async <T>(source: string, reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      unread.push({ source, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };
  const kinds = (names: readonly Kind[]): string => names.join(",").toLowerCase();
  const [own, ofCluster, dns, secrets] = await Promise.all([
    Promise.all(
      namespaces.map((name) =>
        orUnread(`namespace ${name}`, listObjects(reader, [kinds(IN_NAMESPACE), "--namespace", name])),
      ),
    ),
    orUnread("nodes and storage classes", listObjects(reader, [kinds(OF_CLUSTER)])),
    orUnread("the cluster's DNS", listObjects(reader, [kinds(["Deployment", "Pod", "ReplicaSet", "Service"]), ...DNS])),
    Promise.all(namespaces.map((name) => orUnread(`names of Secrets in ${name}`, secretKeys(reader, name)))),
  ]);
  const found = [...own, ofCluster, dns].flatMap((objects) => objects ?? []) as readonly (SomeObject & {
    kind: string;
  })[];
  const read = [
    ...(own.every((objects) => objects !== undefined) ? IN_NAMESPACE : []),
    ...(ofCluster ? OF_CLUSTER : []),
  ];
  const objects = Object.fromEntries(
    read.map((kind) => [kind, found.filter((object) => object.kind === kind)]),
  ) as Facts["objects"];
  const isAllRead = secrets.every((keys) => keys !== undefined);
  return { objects, ...(isAllRead ? { secrets: secrets.flat() } : {}), unread };
}

async function secretKeys(reader: ClusterReader, namespace: string): Promise<SecretKeys[]> {
  const args = ["get", "secrets", "--namespace", namespace, "--output", `go-template=${KEYS_ONLY}`];
  const result = await runKubectl(reader, args);
  if (result.code !== 0) throw new Error(lastLines(result, 1));
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [place = "", name = "", ...keys] = line.split(" ");
      return { namespace: place, name, keys };
    });
}
