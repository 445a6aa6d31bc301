import { KubeConfig } from "@kubernetes/client-node";

/** Which cluster is meant. */
export interface ClusterSelection {
  /** Path of a kubeconfig file. @default the service account of the pod that this runs in */
  readonly kubeconfig?: string;
  /** Context of the file. @default the file's current one */
  readonly context?: string;
}

/** The cluster that is meant can't be told. */
export class ClusterSelectionError extends Error {
  override readonly name = "ClusterSelectionError";
}

/**
 * Reads how to reach a cluster.
 *
 * @throws ClusterSelectionError when there is no such file, context or service account.
 */
export function readClusterAccess({ kubeconfig, context }: ClusterSelection): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig === undefined) {
    if (process.env["KUBERNETES_SERVICE_HOST"] === undefined) {
      throw new ClusterSelectionError(
        "No cluster is named, and this is no pod of one. Name it with --kubeconfig FILE, and --context NAME where it is not the file's current one.",
      );
    }
    config.loadFromCluster();
    return config;
  }
  try {
    config.loadFromFile(kubeconfig);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClusterSelectionError(`The kubeconfig file ${kubeconfig} can't be read: ${reason}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new ClusterSelectionError(
      `The kubeconfig file ${kubeconfig} has no context ${JSON.stringify(config.getCurrentContext())}; it has ${known.join(", ") || "none"}.`,
    );
  }
  return config;
}
