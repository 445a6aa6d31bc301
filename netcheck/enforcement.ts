import type { KubeObject } from "../spec/index.ts";
import { abortable } from "./abortable.ts";
import type { Canaries, Canary } from "./canaries.ts";
import type { Clock } from "./clock.ts";
import { type CanaryCluster, NetcheckError } from "./cluster.ts";
import type { Finding } from "./probe.ts";

/** Port that the guarded canary listens on. */
const PORT = 8080;
/** Milliseconds that a new pod's network, and a new policy, get to work. */
const SETTLE_MS = 10_000;
/** Milliseconds between two tries. */
const PAUSE_MS = 250;
/** Label of the canary that the policy selects. */
const GUARDED = { "terrarium.dev/canary-role": "guarded" };

/** Whether policies are more than objects, and what a denied connection looks like. */
export type Enforcement =
  | { readonly enforced: false }
  /** Most plugins drop denied packets (closed), some answer them with a refusal. */
  | { readonly enforced: true; readonly denial: "closed" | "refused" };

/** What the proof needs. */
export interface EnforcementArgs {
  readonly canaries: Canaries;
  readonly cluster: Pick<CanaryCluster, "create">;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** A namespace of the run's own, in which no other policy stands. */
  readonly namespace: string;
  /** A canary outside the policy's reach, which connects. */
  readonly prober: Promise<Canary>;
}

/**
 * Finds out whether the cluster's network plugin enforces NetworkPolicy: a connection that is open must be closed by a
 * policy that denies everything.
 *
 * @throws NetcheckError when the connection is not even open without a policy.
 */
export async function proveEnforcement(args: EnforcementArgs): Promise<Enforcement> {
  const { canaries, cluster, signal, clock, namespace } = args;
  const [guarded, prober] = await Promise.all([
    canaries.start({ namespace, labels: GUARDED, listens: [PORT] }),
    args.prober,
  ]);
  const tryUntil = async (wanted: (got: Finding) => boolean): Promise<Finding> => {
    const deadline = clock.now() + SETTLE_MS;
    for (;;) {
      const [result] = await prober.try([{ how: "http", host: guarded.ip, port: PORT }]);
      const got = result?.got ?? "error";
      if (wanted(got) || clock.now() > deadline) return got;
      await abortable(signal, () => clock.sleep(PAUSE_MS));
    }
  };
  const before = await tryUntil((got) => got === "open");
  if (before !== "open") {
    throw new NetcheckError(
      `Pods of this cluster do not reach one another even where no policy stands (${before}), so nothing can be told about policies. Look at the cluster's network plugin.`,
    );
  }
  signal.throwIfAborted();
  await cluster.create([denyEverything(namespace)]);
  const after = await tryUntil((got) => got === "closed" || got === "refused");
  return after === "closed" || after === "refused" ? { enforced: true, denial: after } : { enforced: false };
}

function denyEverything(namespace: string): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "deny-everything", namespace },
    spec: { podSelector: { matchLabels: GUARDED }, policyTypes: ["Ingress", "Egress"] },
  };
}
