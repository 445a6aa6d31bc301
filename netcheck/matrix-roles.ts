import {
  backupName,
  DATA_STORE_PORTS,
  OBSERVABILITY_PORTS,
  selectorLabels,
  type ResolvedEnvironment,
} from "../spec/index.ts";

/** Name of the log collector's pods. */
const LOG_COLLECTOR = "log-collector";

/** A port on which the "other namespace" listens: nothing of an environment may reach it. */
const FOREIGN_PORT = 8080;

/** Port of DNS; the "other namespace" listens there too, to see whether only the cluster's DNS is open. */
const DNS = 53;

/** Somebody that connects or is connected to; a canary stands in its place. */
export interface Role {
  /** How tables call it. */
  readonly name: string;
  /**
   * What it is: a part of the environment, a pod of the environment's namespace that is no part, the log collector, or
   * a pod outside that no policy of ours confines.
   */
  readonly kind: "part" | "stray" | "collector" | "outsider";
  readonly namespace: string;
  /** What policies know it by. */
  readonly labels: Readonly<Record<string, string>>;
  /** TCP ports that the part listens on, ascending. */
  readonly ports: readonly number[];
}

/** Namespaces that canaries may stand in. */
export interface RoleNamespaces {
  /** A namespace of the run's own, which no policy of the environment names. */
  readonly foreign: string;
  /** Those that exist. */
  readonly existing: readonly string[];
}

/** Name of the role outside that nothing admits. */
export const FOREIGN = "another namespace";

/** The roles of an environment: its parts first, then those that are no part of it. */
export function rolesOf(environment: ResolvedEnvironment, namespaces: RoleNamespaces): Role[] {
  const { name: instance, network, observability } = environment;
  const part = (name: string, ports: readonly number[]): Role => ({
    name,
    kind: "part",
    namespace: instance,
    labels: selectorLabels({ name, instance }),
    ports: ports.toSorted((a, b) => a - b),
  });
  const outsider = (name: string, namespace: string, ports: readonly number[] = []): Role => ({
    name,
    kind: "outsider",
    namespace,
    labels: {},
    ports,
  });
  const parts = [
    ...Object.entries(environment.services).map(([name, { ports }]) => part(name, Object.values(ports))),
    ...Object.entries(environment.dataStores).map(([name, { engine }]) => part(name, [DATA_STORE_PORTS[engine]])),
    ...Object.keys(environment.migrations).map((name) => part(name, [])),
    ...Object.entries(environment.dataStores).flatMap(([name, store]) =>
      store.engine === "postgres" && store.backup ? [part(backupName(name), [])] : [],
    ),
    ...(["prometheus", "loki", "grafana"] as const).flatMap((name) =>
      observability[name].enabled ? [part(name, [OBSERVABILITY_PORTS[name]])] : [],
    ),
  ];
  const collector: Role[] = hasCollector(environment)
    ? [
        {
          name: LOG_COLLECTOR,
          kind: "collector",
          namespace: `${instance}-logs`,
          labels: selectorLabels({ name: LOG_COLLECTOR, instance }),
          ports: [OBSERVABILITY_PORTS.collectorMetrics],
        },
      ]
    : [];
  const stray: Role = { name: "a pod of no part", kind: "stray", namespace: instance, labels: {}, ports: [] };
  const scraped = observability.serviceMonitors === "always";
  const named = [...new Set([network.ingressNamespace, ...(scraped ? [observability.monitoringNamespace] : [])])];
  return [
    ...parts,
    ...collector,
    stray,
    ...named
      .filter((namespace) => namespaces.existing.includes(namespace))
      .map((namespace) => outsider(`namespace ${namespace}`, namespace)),
    outsider(FOREIGN, namespaces.foreign, [DNS, FOREIGN_PORT]),
  ];
}

function hasCollector({ observability }: ResolvedEnvironment): boolean {
  return observability.loki.enabled && observability.collector.enabled;
}
