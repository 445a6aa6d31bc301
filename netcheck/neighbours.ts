import { DNS_PORT } from "../spec/index.ts";
import type { CanaryCluster } from "./cluster.ts";
import type { Place } from "./matrix.ts";

interface List<T> {
  readonly items: readonly T[];
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
interface EndpointSlice {
  readonly addressType: string;
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
  readonly ports?: readonly { readonly port?: number; readonly protocol?: string }[] | null;
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
interface Node {
  readonly status?: {
    readonly addresses?: readonly { readonly address: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
}

/**
 * What answers right beside what environments open, by name, so that a rule shows which opens a port too many: other
 * ports of the DNS pods, and the kubelet of the machine that the API server runs on.
 *
 * @param dnsNamespace namespace of the cluster's DNS.
 * @param apiServer where the API server is, behind its Service.
 */
export async function findNeighbours(
  cluster: Pick<CanaryCluster, "read">,
  dnsNamespace: string,
  apiServer: readonly { readonly cidr: string }[],
): Promise<Record<string, Place>> {
  const [slices, nodes] = (await Promise.all([
    cluster.read(`/apis/discovery.k8s.io/v1/namespaces/${dnsNamespace}/endpointslices`),
    cluster.read("/api/v1/nodes"),
  ])) as [List<EndpointSlice> | undefined, List<Node> | undefined];
  const hosts = apiServer.map(({ cidr }) => cidr.split("/")[0]);
  return {
    "beside cluster DNS": besideDns(slices?.items ?? []) ?? {
      missing: `in namespace ${dnsNamespace} no other TCP port of it is known`,
    },
    "beside Kubernetes API": kubelet(nodes?.items ?? [], hosts) ?? {
      missing: "it runs on no node of the cluster that can be seen",
    },
  };
}

function besideDns(slices: readonly EndpointSlice[]): Place | undefined {
  for (const { addressType, endpoints, ports } of slices) {
    const address = endpoints?.[0]?.addresses[0];
    const numbers = (ports ?? []).flatMap(({ port, protocol = "TCP" }) => (port ? [{ port, protocol }] : []));
    if (addressType !== "IPv4" || address === undefined || !numbers.some(({ port }) => port === DNS_PORT)) continue;
    const other = numbers.filter(({ port, protocol }) => port !== DNS_PORT && protocol === "TCP");
    if (other.length > 0) return { address, ports: other.map(({ port }) => port) };
  }
  return undefined;
}

function kubelet(nodes: readonly Node[], hosts: readonly (string | undefined)[]): Place | undefined {
  for (const { status } of nodes) {
    const address = status?.addresses?.find((known) => hosts.includes(known.address))?.address;
    const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (address !== undefined && port !== undefined) return { address, ports: [port] };
  }
  return undefined;
}
