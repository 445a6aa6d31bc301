/** What Calico's programs read from the API server, without the components that a single node does not need. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { KubeApi } from "../kube-api.ts";
import { versions } from "../toolchain/versions.ts";
import { type HostPlan, nodeName } from "./plan.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** The roles of Calico's manifest that its programs on a node have. */
const roles = ["calico-node", "calico-cni-plugin"];

/**
 * Installs Calico's configuration; its definitions must be there.
 *
 * @param manifest path of Calico's own manifest.
 */
export async function installCalico(api: KubeApi, manifest: string, plan: HostPlan): Promise<void> {
  const documents = (await readFile(manifest, "utf8")).split(/^---$/m);
  for (const text of documents.filter((document) => /^kind: ClusterRole$/m.test(document))) {
    const role = parse(text) as { metadata: { name: string } };
    const { name } = role.metadata;
    if (!roles.includes(name)) continue;
    await api.apply(`${rbac}/clusterroles/${name}`, JSON.stringify(role));
    await api.apply(`${rbac}/clusterrolebindings/${name}`, JSON.stringify(groupBinding(name)));
  }
  for (const { plural, object } of calicoObjects(plan)) {
    await api.apply(`/apis/crd.projectcalico.org/v1/${plural}/${object.metadata.name}`, JSON.stringify(object));
  }
}

/** Tells Calico the node's address, which it takes for the source of traffic from the node. */
export function annotateNode(api: KubeApi, plan: HostPlan): Promise<void> {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodeName,
      annotations: { "projectcalico.org/IPv4Address": `${plan.networks.node}/24` },
      labels: { "node-role.kubernetes.io/control-plane": "" },
    },
  };
  return api.apply(`/api/v1/nodes/${nodeName}`, JSON.stringify(node));
}

interface CalicoObject {
  readonly plural: string;
  readonly object: { readonly metadata: { readonly name: string } };
}

/** @see https://docs.tigera.io/calico/latest/reference/resources/ */
function calicoObjects(plan: HostPlan): CalicoObject[] {
  const object = (kind: string, name: string, spec: object): { metadata: { name: string } } => ({
    ...{ apiVersion: "crd.projectcalico.org/v1", kind },
    metadata: { name },
    ...{ spec },
  });
  return [
    {
      plural: "clusterinformations",
      object: object("ClusterInformation", "default", {
        datastoreReady: true,
        calicoVersion: `v${versions.calico}`,
        clusterType: "k8s",
        clusterGUID: "00000000000000000000000000000000",
      }),
    },
    {
      plural: "ippools",
      object: object("IPPool", "default-ipv4-ippool", {
        cidr: plan.networks.pods,
        ipipMode: "Never",
        vxlanMode: "Never",
        natOutgoing: false,
        nodeSelector: "all()",
        blockSize: 26,
      }),
    },
    {
      plural: "felixconfigurations",
      object: object("FelixConfiguration", "default", {
        defaultEndpointToHostAction: "Accept",
        ipv6Support: false,
        bpfEnabled: false,
        usageReportingEnabled: false,
        reportingInterval: "0s",
      }),
    },
  ];
}

function groupBinding(role: string): object {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: role },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "calico" }],
  };
}
