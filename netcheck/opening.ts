import type { KubeObject } from "../spec/index.ts";
import { CANARY_LABELS, OWNER_ANNOTATION } from "./canary-pod.ts";
import type { Side } from "./matrix-reasons.ts";

/** Label of canaries of which one side is open to all, so that the other one alone decides. */
const OPENED_LABEL = "terrarium.dev/canary-opened";

/**
 * Label that puts a canary under an opening policy.
 *
 * @param run eight hex digits that no other run has.
 */
export function openedLabel(side: Side, run: string): Record<string, string> {
  return { [OPENED_LABEL]: `${side}-${run}` };
}

/**
 * A NetworkPolicy that opens one side of a run's canaries of a namespace, and of nothing else. Policies add up: what the
 * environment's own say about the other side stays.
 */
export function openingPolicy(namespace: string, side: Side, run: string, owner: string): KubeObject {
  const everything = [{}];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: `canary-open-${side}-${run}`,
      namespace,
      labels: CANARY_LABELS,
      annotations: { [OWNER_ANNOTATION]: owner },
    },
    spec: {
      podSelector: { matchLabels: openedLabel(side, run) },
      ...(side === "ingress"
        ? { policyTypes: ["Ingress"], ingress: everything }
        : { policyTypes: ["Egress"], egress: everything }),
    },
  };
}
