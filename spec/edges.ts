import { DATA_STORE_PORTS } from "./data-store.ts";
import type { ResolvedEnvironment } from "./environment.ts";
import { exportersOf } from "./exporter-parts.ts";
import { LOG_COLLECTOR, OBSERVABILITY_PORTS } from "./observability.ts";
import type { ResolvedService } from "./service.ts";

/** A permitted connection between two parts of an environment. */
export interface Edge {
  /** Name of the part that connects. */
  readonly from: string;
  /** Name of the part that is connected to. */
  readonly to: string;
  /** TCP ports, ascending. */
  readonly ports: readonly number[];
}

/** Name of the job that dumps a Postgres store; it is a client of the store. */
export function backupName(store: string): string {
  return `${store}-backup`;
}

/** Name of the job that loads a Postgres store's first data; it is a client of the store. */
export function seedName(store: string): string {
  return `${store}-seed`;
}

/**
 * Every connection between parts of one environment that is permitted; the log collector is in a namespace of its own. Both sides' policies are generated from this
 * list, and whatever is not in it is closed. Sorted by caller, then callee.
 */
export function declaredEdges(environment: ResolvedEnvironment): Edge[] {
  const { services, dataStores, migrations, observability } = environment;
  const edges: Edge[] = [];
  for (const [from, service] of Object.entries(services)) {
    for (const to of service.calls) edges.push({ from, to, ports: portsOf(to, environment) });
  }
  for (const [from, migration] of Object.entries(migrations)) {
    edges.push({ from, to: migration.dataStore, ports: portsOf(migration.dataStore, environment) });
  }
  for (const [to, store] of Object.entries(dataStores)) {
    if (store.engine === "postgres" && store.backup)
      edges.push({ from: backupName(to), to, ports: portsOf(to, environment) });
    if (store.engine === "postgres" && store.seed)
      edges.push({ from: seedName(to), to, ports: portsOf(to, environment) });
  }
  if (observability.prometheus.enabled) {
    for (const [to, service] of Object.entries(services)) {
      const port = service.metrics && service.ports[service.metrics.port];
      if (port) edges.push({ from: "prometheus", to, ports: [port] });
    }
    for (const to of ["alertmanager", "loki", "grafana"] as const) {
      if (observability[to].enabled) edges.push({ from: "prometheus", to, ports: [OBSERVABILITY_PORTS[to]] });
    }
  }
  for (const { name, port, store } of exportersOf(environment)) {
    edges.push({ from: "prometheus", to: name, ports: [port] });
    if (store !== undefined) edges.push({ from: name, to: store, ports: portsOf(store, environment) });
  }
  if (observability.collector.traces && observability.collector.enabled) {
    for (const from of Object.keys(services))
      edges.push({ from, to: LOG_COLLECTOR, ports: [OBSERVABILITY_PORTS.traces] });
  }
  if (observability.grafana.enabled) {
    for (const to of ["prometheus", "loki"] as const) {
      if (observability[to].enabled) edges.push({ from: "grafana", to, ports: [OBSERVABILITY_PORTS[to]] });
    }
  }
  return edges.toSorted((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to));
}

/** Ports that callers of a service may use: all but one that only serves metrics. */
export function callablePorts(service: Pick<ResolvedService, "ports" | "metrics">): number[] {
  const metricsPort = service.metrics ? service.metrics.port : undefined;
  return Object.entries(service.ports)
    .filter(([name]) => name === "http" || name !== metricsPort)
    .map(([, port]) => port)
    .toSorted((a, b) => a - b);
}

function portsOf(name: string, { services, dataStores }: ResolvedEnvironment): number[] {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service) return callablePorts(service);
  const store = dataStores[name];
  return store ? [DATA_STORE_PORTS[store.engine]] : [];
}
