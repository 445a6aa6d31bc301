/**
 * What every kind of cluster offers to the commands. A new kind (for example `host`) is one more file that implements
 * {@link ClusterProvider} and one more entry in `clusters/choose.ts`.
 */

/** The kinds of cluster an environment can run on. `context` is a cluster that the user named and owns. */
export type ProviderName = "simulated" | "kind" | "host" | "context";

/** How the cluster came to be available in this run; decides whether recorded state can still be trusted. */
export type ClusterOrigin =
  /** It was already running and healthy. */
  | "running"
  /** Its processes were started again on the data they had. */
  | "restarted"
  /** It is new and empty: what an earlier update recorded is not there. */
  | "created";

/** How to reach a cluster. */
export interface ClusterAccess {
  readonly provider: ProviderName;
  /** Absolute path of a kubeconfig file that contains {@link context}. */
  readonly kubeconfig: string;
  readonly context: string;
  /** True where pods are simulated: objects are real, nothing is executed. */
  readonly simulatedPods: boolean;
  readonly origin: ClusterOrigin;
}

/** Whether a provider can work on this machine; the reason is shown to the user. */
export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What there is of a cluster now. */
export type ClusterStatus =
  | { readonly phase: "absent" }
  | { readonly phase: "running"; readonly access: ClusterAccess }
  /** Something is there but it does not work; `up` repairs it, `down` removes it. */
  | { readonly phase: "broken"; readonly reason: string };

/** A kind of cluster. Every operation is idempotent. */
export interface ClusterProvider {
  readonly name: ProviderName;
  /** Checks the machine without changing it. */
  available(): Promise<Availability>;
  /** Makes the cluster run, repairing what is broken. @throws ClusterError with what to do next. */
  up(): Promise<ClusterAccess>;
  /** Removes the cluster and everything it left on the machine. @throws ClusterError naming what is left. */
  down(): Promise<void>;
  /** Reports what is there. Never changes anything. */
  status(): Promise<ClusterStatus>;
}

/** Takes one line for the user. */
export type Say = (line: string) => void;

/** A cluster could not be brought up, found or removed; the message says what to do. */
export class ClusterError extends Error {
  override name = "ClusterError";
}
