import { lastLines } from "../../clusters/run-command.ts";
import { type ClusterReader, listObjects, runKubectl } from "../../stacks/cluster-objects.ts";
import type { Facts, Kind, SecretKeys, SeenObject, Unread } from "../facts.ts";

/** What the cluster tells. */
export type ClusterFacts = Pick<Facts, "objects" | "secrets" | "unread">;

/** Kinds that are read in each of the environment's namespaces, in parts: a cluster that is slow gives them one by one. */
const IN_NAMESPACE: Readonly<Record<string, readonly Kind[]>> = {
  "pods and what makes them": ["DaemonSet", "Deployment", "Event", "Job", "Pod", "ReplicaSet", "StatefulSet"],
  "what pods need": [
    "ConfigMap",
    "CronJob",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "ResourceQuota",
    "Service",
    "ServiceAccount",
  ],
};
/** Kinds that belong to the cluster as a whole. */
const OF_CLUSTER: readonly Kind[] = ["Namespace", "Node", "StorageClass"];
/** What is bad of nodes. Events about what belongs to no namespace stand in this one. */
const OF_NODES = ["event", "--namespace", "default", "--field-selector", "involvedObject.kind=Node,type=Warning"];
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
      const why = error instanceof Error ? error.message : String(error);
      unread.push({ source, why: why.replace(/^The cluster cannot be read: /, "") });
      return undefined;
    }
  };
  const kinds = (names: readonly Kind[]): string => names.join(",").toLowerCase();
  const [own, ofCluster, ofNodes, dns, dnsPolicies, secrets] = await Promise.all([
    Promise.all(
      Object.entries(IN_NAMESPACE).map(async ([part, names]) => {
        const lists = await Promise.all(
          namespaces.map((name) =>
            orUnread(`${part} in ${name}`, listObjects(reader, [kinds(names), "--namespace", name])),
          ),
        );
        return { names, lists };
      }),
    ),
    orUnread("nodes and storage classes", listObjects(reader, [kinds(OF_CLUSTER)])),
    orUnread("events of nodes", listObjects(reader, OF_NODES)),
    orUnread("the cluster's DNS", listObjects(reader, [kinds(["Deployment", "Pod", "ReplicaSet", "Service"]), ...DNS])),
    orUnread("policies of the cluster's DNS", listObjects(reader, [kinds(["NetworkPolicy"]), ...DNS.slice(0, 2)])),
    Promise.all(namespaces.map((name) => orUnread(`names of Secrets in ${name}`, secretKeys(reader, name)))),
  ]);
  const found = [...own.flatMap(({ lists }) => lists), ofCluster, ofNodes, dns, dnsPolicies].flatMap(
    (objects) => objects ?? [],
  ) as readonly (SomeObject & {
    kind: string;
  })[];
  const read = [
    ...own.flatMap(({ names, lists }) => (lists.includes(undefined) ? [] : names)),
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
