/** How pods are connected to each other and to the node. */
import { join } from "node:path";
import { ClusterError } from "../provider.ts";
import type { HostLayout } from "./layout.ts";
import { type HostPlan, nodeName, type PodNetwork } from "./plan.ts";

const variable = "TERRARIUM_HOST_NETWORK";

/**
 * The pod network that the environment asks for; undefined when it asks for none.
 *
 * @throws ClusterError when there is no such network.
 */
export function requestedPodNetwork(env: NodeJS.ProcessEnv): PodNetwork | undefined {
  const value = env[variable];
  if (!value) return undefined;
  if (value === "calico" || value === "bridge") return value;
  throw new ClusterError(`${variable} is "${value}". Allowed are calico and bridge; unset it for calico.`);
}

/** Whether network policies have an effect; clusters of earlier versions do not say what they have. */
export function enforcesPolicies({ podNetwork }: Pick<HostPlan, "podNetwork">): boolean {
  return podNetwork !== "bridge";
}

/** Names of the interfaces that pods' packets come from, as nft writes them. */
export function podInterfaces(plan: HostPlan): string {
  return enforcesPolicies(plan) ? "cali*" : plan.podBridge;
}

/** Debian's plugins that the configuration names, and the one that the container runtime uses by itself. */
export const debianPlugins = ["bridge", "host-local", "loopback", "portmap"] as const;

/** @see https://www.cni.dev/docs/spec/ */
export function cniConfiguration(layout: HostLayout, plan: HostPlan): object {
  return {
    name: "terrarium",
    cniVersion: "0.3.1",
    plugins: [
      enforcesPolicies(plan) ? calicoPlugin(layout) : bridgePlugin(layout, plan),
      { type: "portmap", snat: true, capabilities: { portMappings: true } },
    ],
  };
}

/** @see https://docs.tigera.io/calico/latest/reference/configure-cni-plugins */
function calicoPlugin(layout: HostLayout): object {
  return {
    type: "calico",
    datastore_type: "kubernetes",
    nodename: nodeName,
    mtu: 1450,
    log_level: "warning",
    log_file_path: join(layout.logs, "cni.log"),
    ipam: { type: "host-local", subnet: "usePodCidr", dataDir: join(layout.run, "addresses") },
    policy: { type: "k8s" },
    kubernetes: { kubeconfig: join(layout.kubeconfigs, "calico") },
  };
}

/** @see https://www.cni.dev/plugins/current/main/bridge/ */
function bridgePlugin(layout: HostLayout, { podBridge, networks }: HostPlan): object {
  return {
    type: "bridge",
    bridge: podBridge,
    isGateway: true,
    // A pod may be its own Service's.
    hairpinMode: true,
    mtu: 1450,
    ipam: {
      type: "host-local",
      dataDir: join(layout.run, "addresses"),
      ranges: [[{ subnet: networks.pods }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
}
