import type { KubeObject } from "../spec/index.ts";

/** What a canary pod is doing. */
export interface CanaryState {
  readonly namespace: string;
  readonly name: string;
  /** Phase of the pod: Pending, Running, Succeeded, Failed or Unknown. */
  readonly phase: string;
  /** Address of the pod, once it has one. */
  readonly ip?: string;
  /** Whether it listens. */
  readonly ready: boolean;
  /** Why a container waits or ended, e.g. "ErrImagePull", as Kubernetes names it. */
  readonly reason?: string;
  /** What Kubernetes says about the reason. */
  readonly message?: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** The run that the canary belongs to, as {@link Owner} writes it. */
  readonly owner?: string;
}

/** A namespace that a run made for itself. */
export type TestNamespace = Pick<CanaryState, "name" | "createdAtMs" | "owner">;

/** A policy that opens one side of a run's canaries, see `opening.ts`. */
export type Opening = Pick<CanaryState, "namespace" | "name" | "createdAtMs" | "owner">;

/** What a script printed in a pod. */
export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The few things that canaries need of a cluster. Every call rejects when the cluster refuses or does not answer. */
export interface CanaryCluster {
  /** Creates a namespace; one that exists already is success, whoever made it. */
  createNamespace(namespace: KubeObject): Promise<void>;
  /** Starts the deletion of a namespace; one that is gone is success. */
  deleteNamespace(name: string): Promise<void>;
  /** Names of all namespaces. */
  namespaces(): Promise<string[]>;
  /** Creates objects: all that can be, and rejects when one can't. */
  create(objects: readonly KubeObject[]): Promise<void>;
  /** Reads a canary; undefined where there is none, or not yet. */
  readCanary(namespace: string, name: string): Promise<CanaryState | undefined>;
  /** Every canary of every run. */
  listCanaries(): Promise<CanaryState[]>;
  /** The opening policies of every run. */
  listOpenings(): Promise<Opening[]>;
  /** The namespaces of every run. */
  listTestNamespaces(): Promise<TestNamespace[]>;
  /** Runs a shell script in a pod. Resolves with the script's exit code, whatever it is. */
  runScript(namespace: string, pod: string, script: string, timeoutMs: number): Promise<ScriptResult>;
  /**
   * Removes objects at once, pods without grace; those that are gone are no error.
   *
   * @param objects kinds and names, e.g. "pod/canary-01234567".
   */
  deleteAll(namespace: string, objects: readonly string[]): Promise<void>;
  /** Reads from the API by path; undefined where the cluster refuses that. */
  read(path: string): Promise<unknown>;
}

/** A canary could not be started, used or removed, or the cluster refused something; the message says what to do. */
export class NetcheckError extends Error {
  override name = "NetcheckError";
}
