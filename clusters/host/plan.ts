/** The addresses and ports of one host cluster, chosen once so that they collide with nothing on the machine. */
import { readFileSync } from "node:fs";
import { ClusterError } from "../provider.ts";
import type { HostLayout } from "./layout.ts";

/** Name of the only node. */
export const nodeName = "host-1";

/** A cluster's networks; none of them leaves the machine. */
export interface HostNetworks {
  /** Address of the node, on a bridge without ports. */
  readonly node: string;
  readonly pods: string;
  readonly services: string;
  readonly apiserver: string;
  readonly dns: string;
}

/** Ports on {@link HostNetworks.node} (API server, kubelet) or on the loopback interface (the rest). */
export interface HostPorts {
  readonly apiserver: number;
  readonly kubelet: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly proxyHealth: number;
  readonly felixHealth: number;
}

/**
 * How pods are connected. Calico enforces network policies; a plain bridge does not: it is there to show what `netcheck`
 * says then.
 */
export type PodNetwork = "calico" | "bridge";

/** What does not change during a cluster's life. */
export interface HostPlan {
  readonly networks: HostNetworks;
  readonly ports: HostPorts;
  /** Name of the node's network interface. */
  readonly bridge: string;
  /** Name of the packet filter table of our own. */
  readonly table: string;
  readonly podNetwork: PodNetwork;
  /** Name of the interface that pods are connected to where {@link podNetwork} is a bridge. */
  readonly podBridge: string;
}

/** How many ports {@link portsFrom} takes. */
export const portCount = 8;

/** Gives each port its use. @throws RangeError when there are fewer than {@link portCount}. */
export function portsFrom(numbers: readonly number[]): HostPorts {
  const [apiserver, kubelet, etcd, etcdPeer, controllerManager, scheduler, proxyHealth, felixHealth] = numbers;
  if (
    apiserver === undefined ||
    kubelet === undefined ||
    etcd === undefined ||
    etcdPeer === undefined ||
    controllerManager === undefined ||
    scheduler === undefined ||
    proxyHealth === undefined ||
    felixHealth === undefined
  ) {
    throw new RangeError(`a host cluster needs ${portCount} ports, got ${numbers.length}`);
  }
  return { apiserver, kubelet, etcd, etcdPeer, controllerManager, scheduler, proxyHealth, felixHealth };
}

/**
 * Chooses networks that no route of the machine leads to.
 *
 * @param routes destinations as `ip -j route` prints them, e.g. `10.0.0.0/8`, `192.0.2.7` or `default`.
 * @throws ClusterError when every candidate is in use.
 */
export function chooseNetworks(routes: readonly string[]): HostNetworks {
  for (let step = 0; step < 16; step++) {
    const [pods, services, node] = [`10.${244 - step}.0.0/16`, `10.${96 - step}.0.0/16`, `172.31.${step}.0/24`];
    if ([pods, services, node].some((range) => routes.some((route) => rangesOverlap(range, route)))) continue;
    return {
      pods,
      services,
      node: `172.31.${step}.1`,
      apiserver: `10.${96 - step}.0.1`,
      dns: `10.${96 - step}.0.10`,
    };
  }
  throw new ClusterError(
    "The machine has routes into every network that a host cluster could take (10.229.0.0 to 10.244.255.255, 10.81.0.0 to 10.96.255.255, 172.31.0.0 to 172.31.15.255). Remove one of these routes: `ip route`.",
  );
}

function rangesOverlap(left: string, right: string): boolean {
  const [one, other] = [toRange(left), toRange(right)];
  if (one === undefined || other === undefined) return false;
  return one.first <= other.last && other.first <= one.last;
}

function toRange(text: string): { first: number; last: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1, 5).map(Number);
  const size = 2 ** (32 - Number(match[5] ?? 32));
  const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  return { first, last: first + size - 1 };
}

/** Names of what the cluster adds to the machine's network; interface names have at most 15 characters. */
export function machineNames(clusterName: string): Pick<HostPlan, "bridge" | "table" | "podBridge"> {
  const suffix = clusterName.slice(-8);
  return { bridge: `trm-${suffix}`, table: `terrarium_${suffix}`, podBridge: `trmp-${suffix}` };
}

/** The plan of an existing cluster; undefined when there is none. */
export function readPlan(layout: HostLayout): HostPlan | undefined {
  try {
    return JSON.parse(readFileSync(layout.plan, "utf8")) as HostPlan;
  } catch {
    return undefined;
  }
}
