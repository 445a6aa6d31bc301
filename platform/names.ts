import { selectorLabels } from "../spec/index.ts";

/** Name of the activator: of its workload, its Service, its pods' service account. */
export const ACTIVATOR = "terrarium-activator";

/** Port of its /healthz, /readyz and /metrics. */
export const ACTIVATOR_ADMIN_PORT = 9090;

/** Labels that network policies know the activator's pods by. */
export function activatorLabels(namespace: string): Readonly<Record<string, string>> {
  return selectorLabels({ name: ACTIVATOR, instance: namespace });
}
