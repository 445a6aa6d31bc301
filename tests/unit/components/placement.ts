import type { Placement, PolicySpec } from "../../../components/index.ts";
import { record, type Recording } from "../mocks.ts";

/** A placement in a namespace that is there already. */
export const PLACEMENT: Placement = {
  namespace: "shop-dev",
  environment: "shop-dev",
  application: "shop",
  tier: "dev",
  serviceAccountName: "shop-workload",
};

/** Labels of the objects of a part at {@link PLACEMENT}, with the version of its image. */
export function labelsOf(name: string, component: string, version?: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": "shop-dev",
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "shop",
    "app.kubernetes.io/managed-by": "terrarium",
    ...(version === undefined ? {} : { "app.kubernetes.io/version": version }),
  };
}

/** Labels that workloads, Services and budgets of a part select on. */
export function workloadSelector(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": "shop-dev", "terrarium.dev/workload": name };
}

/** Labels that policies select on. */
export function policySelector(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": "shop-dev" };
}

/** A policy that closes everything. */
export const CLOSED: PolicySpec = { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] };

/** Requests and limits of tier dev. */
export const RESOURCES = {
  requests: { cpu: "50m", memory: "128Mi" },
  limits: { cpu: "100m", memory: "256Mi" },
} as const;

/** What a program registers. */
export async function recorded(program: () => unknown): Promise<Recording> {
  return (await record(program)).recording;
}
