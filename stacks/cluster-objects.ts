import { type ClusterAccess, ClusterError } from "../clusters/provider.ts";
import { type CommandResult, lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";

/** Milliseconds for an answer. kubectl's own option for it makes kubectl overlook the cluster whose pod it runs in. */
const ANSWER_MS = 30_000;

/** Reads a cluster with kubectl. */
export interface ClusterReader {
  /** Path of kubectl. */
  readonly kubectl: string;
  /** @default the cluster whose pod this is */
  readonly access: Partial<Pick<ClusterAccess, "kubeconfig" | "context">>;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds for an answer. @default 30000 */
  readonly timeoutMs?: number;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
}

/** A Kubernetes object as a cluster has it, as far as it is looked at. */
export interface ClusterObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    /** Counts the versions of the spec. */
    readonly generation?: number;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
}

/**
 * Lists objects. Names of objects that do not exist are an error unless `--ignore-not-found` is among the arguments.
 *
 * @param args of `kubectl get`.
 * @throws ClusterError when the cluster does not answer.
 */
export async function listObjects(reader: ClusterReader, args: readonly string[]): Promise<ClusterObject[]> {
  const result = await runKubectl(reader, ["get", ...args, "--output", "json"]);
  if (result.code !== 0) throw new ClusterError(`The cluster cannot be read: ${lastLines(result, 1)}`);
  // Asked by name, kubectl answers with an object where it finds one, and with nothing where it may ignore that there is none.
  if (result.stdout.trim() === "") return [];
  const found = JSON.parse(result.stdout) as ClusterObject & { readonly items?: ClusterObject[] };
  return found.items ?? [found];
}

/** Names of the namespaces that belong to an environment. */
export async function environmentNamespaces(reader: ClusterReader, environment: string): Promise<string[]> {
  const selector = `app.kubernetes.io/instance=${environment},app.kubernetes.io/managed-by=terrarium`;
  const found = await listObjects(reader, ["namespaces", "--selector", selector]);
  return found.map((object) => object.metadata.name);
}

/** Deletes namespaces and all that is in them; does not wait. */
export async function deleteNamespaces(reader: ClusterReader, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const result = await runKubectl(reader, ["delete", "namespaces", "--wait=false", "--ignore-not-found", ...names]);
  if (result.code !== 0) throw new ClusterError(`The namespaces cannot be deleted: ${lastLines(result, 1)}`);
}

/** Runs kubectl on a cluster. Never rejects: what went wrong is in the result. */
export function runKubectl(reader: ClusterReader, args: readonly string[]): Promise<CommandResult> {
  const { kubeconfig, context } = reader.access;
  const { timeoutMs = ANSWER_MS } = reader;
  const target = [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
  ];
  return (reader.run ?? runCommand)(reader.kubectl, [...target, ...args], { env: reader.env, timeoutMs });
}
