import { readFile } from "node:fs/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { kubeconfigWith } from "../../clusters/context.ts";
import type { ClusterSelection } from "../../platform/adapters/kubernetes/access.ts";
import { UsageFailure } from "../exit.ts";
import { runningCluster } from "../running-cluster.ts";
import { Session } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import type { EnvironmentClient } from "./client.ts";

/** Which platform service: one that has an address, or that of a cluster and a namespace. */
export interface TargetOptions {
  readonly stack: string;
  /** Address of the service's own API. @default the Kubernetes API of the cluster */
  readonly server?: string;
  /** File with the token for it. @default the kubeconfig's */
  readonly tokenFile?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** @default terrarium */
  readonly namespace?: string;
}

/** Namespace of the platform service, where nobody names another. */
const DEFAULT_NAMESPACE = "terrarium";

/**
 * Connects to the service at the address that is given, else to the platform's namespace of the cluster that is named by
 * kubeconfig or context, else of the stack's.
 *
 * @throws CommandFailure when there is no such cluster.
 */
export async function connect(surroundings: Surroundings, options: TargetOptions): Promise<EnvironmentClient> {
  const { server, tokenFile, namespace = DEFAULT_NAMESPACE } = options;
  if (server !== undefined) return connectToService(surroundings, server, options);
  if (tokenFile !== undefined)
    throw new UsageFailure("--token-file is for --server; kubeconfigs have tokens of their own.");
  const selection = await selectCluster(surroundings, options);
  // Loaded only here: it takes longer than all other modules together.
  const [{ Watch }, { KubernetesClient }, { KubernetesApi }, access] = await Promise.all([
    import("@kubernetes/client-node"),
    import("./kubernetes-client.ts"),
    import("../../platform/adapters/kubernetes/api.ts"),
    readAccess(selection),
  ]);
  return new KubernetesClient({ api: new KubernetesApi(access), watch: new Watch(access), namespace });
}

async function connectToService(
  surroundings: Surroundings,
  address: string,
  options: TargetOptions,
): Promise<EnvironmentClient> {
  const server = URL.canParse(address) ? new URL(address) : undefined;
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(server?.hostname ?? "");
  if (server?.protocol !== "https:" && !(server?.protocol === "http:" && isLoopback))
    throw new UsageFailure(
      `--server ${address}: expected an address that starts with https://, or with http:// on this machine: a token goes there.`,
    );
  const { ServiceClient } = await import("./service-client.ts");
  const { tokenFile } = options;
  const token = tokenFile === undefined ? await kubeconfigToken(surroundings, options) : () => readTokenFile(tokenFile);
  return new ServiceClient({ server, token });
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new UsageFailure(`--token-file ${file} can't be read: ${error instanceof Error ? error.message : ""}`);
  }
}

/** The token that the kubeconfig's user has or gets from a program; client certificates are for the API server alone. */
async function kubeconfigToken(surroundings: Surroundings, options: TargetOptions): Promise<() => Promise<string>> {
  const access = await readAccess(await selectCluster(surroundings, options));
  return async () => {
    const request: { headers?: Record<string, string | string[] | undefined> } = {};
    await access.applyToHTTPSOptions(request);
    const token = /^Bearer (\S+)$/.exec(String(request.headers?.["Authorization"] ?? ""))?.[1];
    if (token === undefined)
      throw new UsageFailure("The kubeconfig's user has no token. --token-file names a file with one.");
    return token;
  };
}

async function readAccess(selection: ClusterSelection): Promise<KubeConfig> {
  const { readClusterAccess } = await import("../../platform/adapters/kubernetes/access.ts");
  try {
    return readClusterAccess(selection);
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
