import { selectorLabels } from "../spec/index.ts";

/** Name of the activator: of its workload, its Service, its pods' service account. */
export const ACTIVATOR = "terrarium-activator";

/** Labels that network policies know the activator's pods by. */
export function activatorLabels(namespace: string): Readonly<Record<string, string>> {
  return selectorLabels({ name: ACTIVATOR, instance: namespace });
}
