import { runCommand, lastLines, type RunCommand } from "./run-command.ts";

/** What the program needs to know of the cluster before it can say what belongs there. */
export interface Facts {
  /** Whether the cluster has the ServiceMonitor resource of the Prometheus operator. */
  readonly serviceMonitors: boolean;
  /** Addresses and ports of the API server behind its Service. */
  readonly apiServer: readonly { readonly cidr: string; readonly port: number }[];
}

/** Which cluster to ask, and how. */
export interface FactsArgs {
  /** Path of the kubeconfig. @default kubectl's own rule: KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string;
  readonly context: string;
  readonly env: NodeJS.ProcessEnv;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
}

/** The cluster, or the kubectl to ask it with, is not there. */
export class ClusterFactsError extends Error {
  override readonly name = "ClusterFactsError";
}

/** Seconds that the cluster may take to answer. */
const TIMEOUT_SECONDS = 10;

/**
 * Asks the cluster, through kubectl, so that every way of logging in that kubectl knows works.
 *
 * @throws ClusterFactsError that says what failed and what to do, before anything is touched.
 */
export function readClusterFacts(args: FactsArgs): Promise<Facts> {
  return factsFrom((path) => readJson(path, args));
}

/**
 * Reads the facts from a cluster's API.
 *
 * @param read sends a GET request. @returns the answer as JSON.
 */
export async function factsFrom(read: (path: string) => Promise<unknown>): Promise<Facts> {
  const [groups, slice] = await Promise.all([
    read("/apis"),
    read("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"),
  ]);
  const names = list(groups, "groups").map((group) => group["name"]);
  const ports = list(slice, "ports").map((port) => Number(port["port"]));
  const addresses = list(slice, "endpoints").flatMap((endpoint) => endpoint["addresses"] as readonly string[]);
  return {
    serviceMonitors: names.includes("monitoring.coreos.com"),
    apiServer: addresses.flatMap((address) =>
      ports.map((port) => ({ cidr: `${address}/${address.includes(":") ? 128 : 32}`, port })),
    ),
  };
}

async function readJson(path: string, args: FactsArgs): Promise<unknown> {
  const where = ["--context", args.context, ...(args.kubeconfig ? ["--kubeconfig", args.kubeconfig] : [])];
  const result = await (args.run ?? runCommand)(
    "kubectl",
    [...where, "get", "--raw", path, `--request-timeout=${TIMEOUT_SECONDS}s`],
    { env: args.env, timeoutMs: (TIMEOUT_SECONDS + 5) * 1000 },
  );
  if (result.code === 127) {
    throw new ClusterFactsError("kubectl was not found on PATH. Install it, or run `make up`, which brings its own.");
  }
  if (result.code !== 0) {
    throw new ClusterFactsError(
      `The cluster of context "${args.context}" can't be asked: ${lastLines(result, 1)}. ` +
        "Check it with `kubectl --context " +
        args.context +
        " get nodes`, or run `make status`.",
    );
  }
  return JSON.parse(result.stdout) as unknown;
}

function list(value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const found = (value as Readonly<Record<string, unknown>> | null)?.[key];
  return Array.isArray(found) ? (found as readonly Readonly<Record<string, unknown>>[]) : [];
}
