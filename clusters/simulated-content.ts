/** What a simulated cluster contains before anything is deployed: nodes, a storage class, the Gateway API. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { KubeApi } from "./kube-api.ts";
import { waitUntil } from "./wait-until.ts";

/** Names of the nodes, one in each zone. */
export const nodeNames = ["simulated-1", "simulated-2", "simulated-3"] as const;

const capacity = { cpu: "32", memory: "256Gi", pods: "500", "ephemeral-storage": "1Ti" };

/** A node that kwok keeps Ready. */
export function simulatedNode(name: string, zone: string, architecture: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0" },
      labels: {
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
        "topology.kubernetes.io/region": "simulated",
        "topology.kubernetes.io/zone": zone,
        type: "kwok",
      },
    },
    status: {
      allocatable: capacity,
      capacity,
      nodeInfo: { architecture, operatingSystem: "linux" },
    },
  };
}

/** The default storage class: kube-controller-manager's own provisioner binds a claim as soon as it exists. */
export const storageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kubernetes.io/host-path",
  reclaimPolicy: "Delete",
  volumeBindingMode: "Immediate",
};

/** A manifest and its name. */
interface NamedManifest {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads CustomResourceDefinitions and other cluster-wide objects from a YAML file or a folder of them.
 *
 * @returns the text of each document with the object's name.
 */
export async function readDefinitions(fileOrFolder: string): Promise<NamedManifest[]> {
  const files = (await stat(fileOrFolder)).isDirectory()
    ? (await readdir(fileOrFolder)).filter((file) => file.endsWith(".yaml")).map((file) => join(fileOrFolder, file))
    : [fileOrFolder];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const definitions: NamedManifest[] = [];
  for (const text of texts.flatMap((whole) => whole.split(/^---$/m))) {
    // The files are machine-written: parsing 800 kB of schemas only for the names would take longer than applying them.
    const name = /^metadata:\n(?:[ ].*\n)*? {2}name: (\S+)$/m.exec(text)?.[1];
    if (name !== undefined && /^kind: CustomResourceDefinition$/m.test(text)) definitions.push({ name, text });
  }
  return definitions;
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/**
 * Fills the cluster and waits until it can take workloads.
 *
 * @returns undefined, or what was still missing at the end of the time.
 */
export async function installContent(
  api: KubeApi,
  definitionsFile: string,
  architecture: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const definitions = await readDefinitions(definitionsFile);
  await Promise.all([
    ...nodeNames.map((name, index) => createNode(api, name, `zone-${index + 1}`, architecture)),
    api.apply("/apis/storage.k8s.io/v1/storageclasses/standard", JSON.stringify(storageClass)),
    ...definitions.map((definition) => api.apply(`${definitionsPath}/${definition.name}`, definition.text)),
  ]);
  return waitUntil(() => missingContent(api, definitions), { timeoutMs, everyMs: 50 });
}

/** What is missing for workloads to run; undefined when nothing is. */
async function missingContent(api: KubeApi, definitions: readonly NamedManifest[]): Promise<string | undefined> {
  const notReady = await unreadyNode(api);
  if (notReady !== undefined) return notReady;
  for (const { name } of definitions) {
    const definition = await api.read(`${definitionsPath}/${name}`);
    if (!hasTrueCondition(definition, "Established")) return `definition ${name} is not established`;
  }
  // Made by kube-controller-manager: no pod is admitted in a namespace without it.
  const account = await api.read("/api/v1/namespaces/default/serviceaccounts/default");
  return account === undefined ? "the default service account is not there" : undefined;
}

/** Names a node that is missing or not ready; undefined when all are ready. */
export async function unreadyNode(api: KubeApi): Promise<string | undefined> {
  for (const name of nodeNames) {
    const node = await api.read(`/api/v1/nodes/${name}`);
    if (!hasTrueCondition(node, "Ready")) return `node ${name} is not ready`;
  }
  return undefined;
}

async function createNode(api: KubeApi, name: string, zone: string, architecture: string): Promise<void> {
  const text = JSON.stringify(simulatedNode(name, zone, architecture));
  const response = await api.send("POST", "/api/v1/nodes", { type: "application/json", text });
  // 409: an earlier, interrupted start has made it.
  if (response.status !== 201 && response.status !== 409) {
    throw new Error(`create node ${name}: ${response.status} ${response.body}`);
  }
}

function hasTrueCondition(object: unknown, type: string): boolean {
  const conditions = (object as { status?: { conditions?: { type?: string; status?: string }[] } } | undefined)?.status
    ?.conditions;
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}
