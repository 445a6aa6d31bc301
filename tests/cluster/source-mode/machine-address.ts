import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * Address of this machine in a node's network: pods reach it without leaving the machine.
 *
 * @param nodeAddress IPv4 address of a node.
 * @throws Error where the machine is not in that network.
 */
export function machineAddress(nodeAddress: string): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (const { address, cidr, family } of addresses) {
    const [network = "", prefix] = (cidr ?? "").split("/");
    if (family !== "IPv4" || network === "") continue;
    const block = new BlockList();
    block.addSubnet(network, Number(prefix));
    if (block.check(nodeAddress)) return address;
  }
  throw new Error(`This machine has no address in the network of the node ${nodeAddress}.`);
}
