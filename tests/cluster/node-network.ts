import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import type { Objects } from "./kubectl.ts";

/** Addresses in the nodes' network. */
export interface NodeNetwork {
  /** Of the first node. */
  readonly node: string;
  /** Of this machine: pods reach it without leaving the machine. */
  readonly machine: string;
}

/**
 * Looks where pods reach this machine.
 *
 * @throws Error where the machine is not in the nodes' network.
 */
export async function nodeNetwork({ run }: Objects): Promise<NodeNetwork> {
  const node = await run(["get", "nodes", "--output", "jsonpath={.items[0].status.addresses[0].address}"]);
  return { node, machine: machineAddress(node) };
}

function machineAddress(node: string): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (const { address, cidr, family } of addresses) {
    const [network = "", prefix] = (cidr ?? "").split("/");
    if (family !== "IPv4" || network === "") continue;
    const block = new BlockList();
    block.addSubnet(network, Number(prefix));
    if (block.check(node)) return address;
  }
  throw new Error(`This machine has no address in the network of the node ${node}.`);
}
