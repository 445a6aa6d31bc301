import { kubeconfigWith } from "../../clusters/context.ts";
import type { ClusterAccess } from "../../clusters/provider.ts";
import { UsageFailure } from "../exit.ts";
import { runningCluster } from "../running-cluster.ts";
import { Session } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { explained } from "./run.ts";

/** Which cluster is meant. */
export interface TargetOptions {
  /** The stack whose cluster it is, where none is named. */
  readonly stack: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/**
 * The cluster that is named by kubeconfig or context, else the stack's.
 *
 * @throws UsageFailure, CommandFailure when there is no such cluster.
 */
export async function findCluster(surroundings: Surroundings, options: TargetOptions): Promise<ClusterAccess> {
  const { stack, kubeconfig, context } = options;
  if (kubeconfig === undefined && context === undefined) return runningCluster(new Session(surroundings, stack));
  const { file, searched } =
    kubeconfig === undefined
      ? kubeconfigWith(context ?? "", surroundings.env)
      : { file: kubeconfig, searched: [kubeconfig] };
  if (file === undefined) throw new UsageFailure(`There is no context "${context}" in ${searched.join(", ")}.`);
  const { readClusterAccess } = await import("../../platform/adapters/kubernetes/access.ts");
  const read = Promise.resolve().then(() =>
    readClusterAccess({ kubeconfig: file, ...(context === undefined ? {} : { context }) }),
  );
  const found = (await explained(read)).getCurrentContext();
  return { provider: "context", kubeconfig: file, context: found, simulatedPods: false, origin: "running" };
}
