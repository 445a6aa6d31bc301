import type { ClusterProviders } from "./choose.ts";
import { ContextCluster } from "./context.ts";
import { HostCluster } from "./host/index.ts";
import { requestedPodNetwork } from "./host/pod-network.ts";
import { KindCluster } from "./kind.ts";
import type { LocalPaths } from "./local-paths.ts";
import type { Say } from "./provider.ts";
import { SimulatedCluster } from "./simulated.ts";
import type { ToolName, Toolchain } from "./toolchain/index.ts";

/** What the clusters of a checkout are made from. */
export interface ClusterProvidersArgs {
  readonly paths: LocalPaths;
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
  /** Provides tools; called only when they are used. */
  readonly toolchain: (needs: readonly ToolName[]) => Promise<Toolchain>;
  /** The user's own cluster, when the stack's configuration names one. */
  readonly named?: { readonly context: string; readonly kubeconfig?: string };
}

/** Tools that each kind of cluster needs to start. */
export const clusterTools = {
  simulated: ["kwokctl", "control-plane", "kubectl"],
  kind: ["kind", "kubectl"],
  host: ["control-plane", "node", "kubectl"],
  context: ["kubectl"],
} as const satisfies Record<string, readonly ToolName[]>;

/** All kinds of cluster that this version can use for a checkout. */
export function clusterProviders({ paths, env, say, toolchain, named }: ClusterProvidersArgs): ClusterProviders {
  const podNetwork = requestedPodNetwork(env);
  return {
    simulated: new SimulatedCluster({ paths, env, say, toolchain: () => toolchain(clusterTools.simulated) }),
    kind: new KindCluster({ paths, env, say, toolchain: () => toolchain(clusterTools.kind) }),
    host: new HostCluster({
      ...{ paths, say, toolchain: () => toolchain(clusterTools.host) },
      ...(podNetwork ? { podNetwork } : {}),
    }),
    ...(named
      ? { context: new ContextCluster({ ...named, env, toolchain: () => toolchain(clusterTools.context) }) }
      : {}),
  };
}
