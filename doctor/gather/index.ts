import type { ClusterReader } from "../../stacks/cluster-objects.ts";
import type { Facts, Target, Unread } from "../facts.ts";
import { gatherCluster } from "./cluster.ts";
import { gatherLogs } from "./logs.ts";
import { gatherMetrics } from "./metrics.ts";
import { gatherVolumes } from "./volumes.ts";

/** What {@link gather} reads. */
export interface GatherArgs {
  readonly target: Target;
  readonly reader: ClusterReader;
  readonly namespaces: readonly string[];
  /** See {@link Facts.calls}. */
  readonly calls?: Facts["calls"];
  /** See {@link Facts.secretNeeds}. */
  readonly secretNeeds?: Facts["secretNeeds"];
  /** Port of the environment's Prometheus. @default it has none */
  readonly prometheusPort?: number;
  /** What is known of the stack besides the cluster, e.g. the engine's state; each part may reject. */
  readonly others: readonly { readonly source: string; readonly read: Promise<Partial<Facts>> }[];
}

/**
 * Reads everything that is known of an environment, each source once and all at the same time; it takes as long as the slowest
 * of them, at most half a minute for each of two steps. A source that can't be read is named and left out. Changes nothing.
 */
export async function gather(args: GatherArgs): Promise<Facts> {
  const { target, reader, namespaces, calls, secretNeeds, prometheusPort, others } = args;
  const fromCluster = async (): Promise<Partial<Facts>> => {
    const cluster = await gatherCluster(reader, namespaces);
    // Simulated pods write nothing, and simulated nodes measure nothing.
    if (target.simulatedPods) return cluster;
    const [logs, { volumes, unread }] = await Promise.all([
      gatherLogs(reader, cluster),
      gatherVolumes(reader, cluster),
    ]);
    return { ...cluster, logs, volumes, unread: [...cluster.unread, ...unread] };
  };
  const metrics =
    prometheusPort === undefined || target.simulatedPods
      ? Promise.resolve<Partial<Facts>>({})
      : gatherMetrics(reader, target.name, prometheusPort);
  const parts = await Promise.all([fromCluster(), metrics, ...others.map(orUnread)]);
  const nothing: Facts = { target, now: new Date(), calls, secretNeeds, objects: {}, logs: [], unread: [] };
  return parts.reduce<Facts>(
    (facts, part) => ({ ...facts, ...part, unread: [...facts.unread, ...(part.unread ?? [])] }),
    nothing,
  );
}

async function orUnread({ source, read }: GatherArgs["others"][number]): Promise<Partial<Facts>> {
  try {
    return await read;
  } catch (error) {
    const unread: Unread = { source, why: error instanceof Error ? error.message : String(error) };
    return { unread: [unread] };
  }
}
