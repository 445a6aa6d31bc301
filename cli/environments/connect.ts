import { kubeconfigWith } from "../../clusters/context.ts";
import type { ClusterSelection } from "../../platform/adapters/kubernetes/access.ts";
import { UsageFailure } from "../exit.ts";
import { runningCluster } from "../running-cluster.ts";
import { Session } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { EnvironmentClient } from "./client.ts";

/** Which cluster, and which namespace of it. */
export interface TargetOptions {
  readonly stack: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** @default terrarium */
  readonly namespace?: string;
}

/** Namespace of the platform service, where nobody names another. */
const DEFAULT_NAMESPACE = "terrarium";

/**
 * Connects to the platform's namespace of the cluster that is named by kubeconfig or context, else of the stack's.
 *
 * @throws CommandFailure when there is no such cluster.
 */
export async function connect(surroundings: Surroundings, options: TargetOptions): Promise<EnvironmentClient> {
  const selection = await selectCluster(surroundings, options);
  // Loaded only here: it takes longer than all other modules together.
  const [{ Watch }, { readClusterAccess }, { KubernetesApi }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("../../platform/adapters/kubernetes/access.ts"),
    import("../../platform/adapters/kubernetes/api.ts"),
  ]);
  try {
    const access = readClusterAccess(selection);
    const { namespace = DEFAULT_NAMESPACE } = options;
    return new EnvironmentClient({ api: new KubernetesApi(access), watch: new Watch(access), namespace });
  } catch (error) {
    if (error instanceof Error && error.name === "ClusterSelectionError") throw new UsageFailure(error.message);
    throw error;
  }
}

/** Finds the cluster that options name, else the stack's. @throws CommandFailure when there is no such cluster. */
export async function selectCluster(
  surroundings: Surroundings,
  { stack, kubeconfig, context }: TargetOptions,
): Promise<ClusterSelection> {
  if (kubeconfig !== undefined) return { kubeconfig, ...(context === undefined ? {} : { context }) };
  if (context === undefined) return runningCluster(new Session(surroundings, stack));
  const { file, searched } = kubeconfigWith(context, surroundings.env);
  if (file === undefined) throw new UsageFailure(`There is no context "${context}" in ${searched.join(", ")}.`);
  return { kubeconfig: file, context };
}
