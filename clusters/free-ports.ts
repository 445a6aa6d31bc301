import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { ClusterError } from "./provider.ts";

/** Tells whether a TCP port of the loopback interface can be listened on now. */
export type PortIsFree = (port: number) => Promise<boolean>;

/**
 * Ports below the range that systems hand out for outgoing connections (from 32768), and below the range that
 * Kubernetes uses for NodePorts (from 30000).
 */
const range = { first: 20_000, blocks: 1_200, blockSize: 8 };

/**
 * Finds free ports for a cluster. The search starts at a block that follows from the name, so that two checkouts which
 * start at the same moment try different ports, and so that a checkout keeps its ports.
 *
 * @param count how many; at most 8.
 */
export async function findFreePorts(name: string, count: number, isFree: PortIsFree = portIsFree): Promise<number[]> {
  const start = createHash("sha256").update(name).digest().readUInt32BE(0) % range.blocks;
  for (let step = 0; step < range.blocks; step++) {
    const first = range.first + ((start + step) % range.blocks) * range.blockSize;
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map((port) => isFree(port)));
    if (free.every(Boolean)) return ports;
  }
  const last = range.first + range.blocks * range.blockSize - 1;
  throw new ClusterError(
    `No ${count} neighbouring TCP ports are free between ${range.first} and ${last}. Stop what uses them.`,
  );
}

/** Tries to listen on 127.0.0.1. */
export const portIsFree: PortIsFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
