import type { ResolvedEnvironment } from "./environment.ts";
import { EXPORTER_PORTS, type ExporterKind, type ResolvedExporter } from "./exporters.ts";

/** Name of kube-state-metrics' objects. */
export const KUBE_STATE = "kube-state-metrics";
/** Name of node_exporter's objects. It does not end as the names of the data stores' exporters do. */
export const NODE_METRICS = "node-metrics";

/** An exporter of an environment, as a part of it. */
export interface ExporterPart {
  /** Name of its objects. */
  readonly name: string;
  readonly kind: ExporterKind;
  readonly port: number;
  readonly settings: ResolvedExporter;
  /** Name of the data store that it reads. @default none */
  readonly store?: string;
}

/** The exporters that an environment runs. */
export function exportersOf({ dataStores, observability }: ResolvedEnvironment): ExporterPart[] {
  const { exporters } = observability;
  const part = (kind: ExporterKind, name: string, store?: string): ExporterPart[] =>
    exporters[kind].enabled
      ? [{ name, kind, port: EXPORTER_PORTS[kind], settings: exporters[kind], ...(store ? { store } : {}) }]
      : [];
  return [
    ...part("kubeState", KUBE_STATE),
    ...part("node", NODE_METRICS),
    ...Object.entries(dataStores).flatMap(([store, { engine }]) => part(engine, `${store}-exporter`, store)),
  ];
}
