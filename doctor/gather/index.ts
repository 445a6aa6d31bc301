import type { ClusterReader } from "../../stacks/cluster-objects.ts";
import { listRoutes } from "../../stacks/routes.ts";
import { type Facts, list, type Target, type Unread } from "../facts.ts";
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
  /** See {@link Facts.asleep}. */
  readonly asleep?: boolean;
  /** See {@link Facts.secretNeeds}. */
  readonly secretNeeds?: Facts["secretNeeds"];
  /** Port of the environment's Prometheus. @default it has none */
  readonly prometheusPort?: number;
  /** What is known of the stack besides the cluster, e.g. the engine's state; each part may reject. */
  readonly others: readonly { readonly source: string; readonly read: Promise<Partial<Facts>> }[];
}

/** Milliseconds that a source gets: somebody waits, and the cluster that is asked may be what is broken. */
export const ANSWER_MS = 12_000;

/**
 * Reads everything that is known of an environment, each source once and all at the same time; it takes as long as the slowest
 * of them, at most {@link ANSWER_MS} for each of two steps. A source that can't be read is named and left out. Changes nothing.
 */
export async function gather(args: GatherArgs): Promise<Facts> {
  const reader: ClusterReader = { ...args.reader, timeoutMs: ANSWER_MS };
  const { target, namespaces, calls, asleep, secretNeeds, prometheusPort, others } = args;
  const fromCluster = async (): Promise<Partial<Facts>> => {
    const cluster = await gatherCluster(reader, namespaces);
    if (hasSimulatedPods(cluster)) return cluster;
    const [logs, volumes, metrics, routes] = await Promise.all([
      gatherLogs(reader, cluster),
      gatherVolumes(reader, cluster),
      prometheusPort === undefined ? { unread: [] } : gatherMetrics(reader, target.name, prometheusPort),
      orUnread({ source: "routes", read: listRoutes(reader, target.name).then((found) => ({ routes: found })) }),
    ]);
    return {
      ...cluster,
      ...volumes,
      ...metrics,
      ...routes,
      logs,
      unread: [cluster, volumes, metrics, routes].flatMap(({ unread = [] }) => unread),
    };
  };
  const parts = await Promise.all([fromCluster(), ...others.map(orUnread)]);
  const nothing: Facts = { target, now: new Date(), calls, asleep, secretNeeds, objects: {}, logs: [], unread: [] };
  return parts.reduce<Facts>(
    (facts, part) => ({ ...facts, ...part, unread: [...facts.unread, ...(part.unread ?? [])] }),
    nothing,
  );
}

/** Simulated pods write nothing and measure nothing, and nobody reaches them. */
function hasSimulatedPods(cluster: Pick<Facts, "objects">): boolean {
  const nodes = list(cluster, "Node");
  return nodes.length > 0 && nodes.every(({ metadata }) => metadata?.annotations?.["kwok.x-k8s.io/node"] === "fake");
}

async function orUnread({ source, read }: GatherArgs["others"][number]): Promise<Partial<Facts>> {
  try {
    return await read;
  } catch (error) {
    const unread: Unread = { source, why: error instanceof Error ? error.message : String(error) };
    return { unread: [unread] };
  }
}
