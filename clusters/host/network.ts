/** What the cluster adds to the machine's network: the node's address, and a filter that keeps pods on the machine. */
import { existsSync } from "node:fs";
import { ClusterError } from "../provider.ts";
import { type CommandResult, lastLines, type RunCommand } from "../run-command.ts";
import type { HostPlan } from "./plan.ts";
import { podInterfaces } from "./pod-network.ts";
import { systemEnvironment } from "./system-environment.ts";

/** Destinations of the machine's routes, as {@link chooseNetworks} takes them. */
export async function readRoutes(run: RunCommand): Promise<string[]> {
  const result = await run("ip", ["-json", "route", "show", "table", "all"], { env: systemEnvironment() });
  const routes = JSON.parse(result.stdout || "[]") as { dst?: string }[];
  return routes.flatMap(({ dst }) => (dst === undefined ? [] : [dst]));
}

/** Gives the node its address and shuts pods in. Changes nothing that is right already. */
export async function ensureNetwork(plan: HostPlan, run: RunCommand): Promise<void> {
  const env = systemEnvironment();
  const { bridge } = plan;
  if (!existsSync(`/sys/class/net/${bridge}`)) {
    // A bridge without ports: not every kernel has dummy devices.
    expect(await run("ip", ["link", "add", bridge, "type", "bridge"], { env }), "create a network bridge");
  }
  expect(
    await run("ip", ["address", "replace", `${plan.networks.node}/24`, "dev", bridge], { env }),
    "set its address",
  );
  expect(await run("ip", ["link", "set", bridge, "up"], { env }), "start the network bridge");
  expect(await run("nft", ["-f", "-"], { env, input: packetFilter(plan) }), "load the packet filter");
}

/**
 * Rules for nft: packets of pods are not forwarded to anything but pods, nobody outside reaches pods, and the node's
 * address answers this machine and its pods only, though it may be routed.
 */
export function packetFilter(plan: HostPlan): string {
  const { table, bridge, networks } = plan;
  const pods = podInterfaces(plan);
  return `table inet ${table}
delete table inet ${table}
table inet ${table} {
  chain pods {
    type filter hook forward priority -10; policy accept;
    iifname "${pods}" oifname "${pods}" accept
    iifname "${pods}" counter reject
    oifname "${pods}" counter drop
    ip saddr ${networks.pods} counter reject
  }
  chain node {
    # Before Services replace the destination.
    type filter hook prerouting priority -110; policy accept;
    iifname "lo" accept
    iifname "${bridge}" accept
    iifname "${pods}" accept
    ip daddr { ${networks.node}, ${networks.services}, ${networks.pods} } counter drop
  }
}
`;
}

function expect(result: CommandResult, what: string): void {
  if (result.code !== 0) throw new ClusterError(`Could not ${what}: ${lastLines(result, 1)}.`);
}
