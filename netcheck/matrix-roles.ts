import {
  backupName,
  DATA_STORE_PORTS,
  declaredEdges,
  DNS_PORT,
  exportersOf,
  HTTPS_PORT,
  KUBE_STATE,
  LOG_COLLECTOR,
  logNamespaceOf,
  OBSERVABILITY_PORTS,
  OBSERVABILITY_SERVERS,
  seedName,
  selectorLabels,
  type ResolvedEnvironment,
} from "../spec/index.ts";

/** Somebody that connects or is connected to; canaries stand in its place. */
export interface Role {
  /** How tables call it. */
  readonly name: string;
  /**
   * What it is: a part of the environment, the log collector, a pod of one of their namespaces that is none of them, or
   * a pod outside that no policy of ours confines.
   */
  readonly kind: "part" | "collector" | "stray" | "outsider";
  readonly namespace: string;
  /** What policies know it by. */
  readonly labels: Readonly<Record<string, string>>;
  /** TCP ports that are tried by everybody, ascending: those that it, or anything in its namespace, listens on. */
  readonly ports: readonly number[];
  /** TCP ports that rules of its own open elsewhere: they are tried with everybody. */
  readonly calls: readonly number[];
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

/** Whether a part talks to the Kubernetes API. */
export function usesApiServer(part: string, { services }: ResolvedEnvironment): boolean {
  if (part === "prometheus" || part === KUBE_STATE) return true;
  return Object.hasOwn(services, part) && services[part]?.serviceAccountToken === true;
}

/**
 * The roles of an environment: its parts first, then those that are no part of it.
 *
 * @param apiPorts ports of the API server behind its Service.
 */
export function rolesOf(
  environment: ResolvedEnvironment,
  namespaces: RoleNamespaces,
  apiPorts: readonly number[],
): Role[] {
  const { name: instance, network, observability } = environment;
  const listening = portsOfParts(environment);
  const parts = Object.entries(listening).map(([name, ports]) =>
    role("part", name, instance, { ports, calls: callsOf(name, environment, apiPorts) }),
  );
  const logs = logNamespaceOf(environment);
  const { traces } = observability.collector;
  const collectorPorts = [OBSERVABILITY_PORTS.collectorMetrics, ...(traces ? [OBSERVABILITY_PORTS.traces] : [])];
  const collector =
    logs === undefined
      ? []
      : [
          role("collector", LOG_COLLECTOR, logs, {
            ports: collectorPorts,
            calls: [
              DNS_PORT,
              OBSERVABILITY_PORTS.loki,
              ...(traces?.egress.length === 0 ? [HTTPS_PORT] : []),
              ...(traces?.egress ?? []).flatMap(({ ports }) => ports),
            ],
          }),
          role("stray", "a pod of no part (logs)", logs, { ports: collectorPorts }),
        ];
  // Rules for all pods of the namespace are its own as well as theirs, and are tried once, by it.
  const forAll = [DNS_PORT, ...(network.httpsEgress === "all" ? [HTTPS_PORT] : [])];
  const stray = role("stray", "a pod of no part", instance, { ports: Object.values(listening).flat(), calls: forAll });
  const scraped = observability.serviceMonitors === "always";
  const named = [...new Set([network.ingressNamespace, ...(scraped ? [observability.monitoringNamespace] : [])])];
  return [
    ...parts,
    ...collector,
    stray,
    ...named
      .filter((namespace) => namespaces.existing.includes(namespace))
      .map((namespace) => role("outsider", `namespace ${namespace}`, namespace, {})),
    role("outsider", FOREIGN, namespaces.foreign, { ports: [DNS_PORT, HTTPS_PORT, ...apiPorts] }),
  ];

  function role(
    kind: Role["kind"],
    name: string,
    namespace: string,
    { ports = [], calls = [] }: Partial<Pick<Role, "ports" | "calls">>,
  ): Role {
    const known = kind === "part" || kind === "collector";
    const ingressPods = namespace === network.ingressNamespace ? network.ingressPods : undefined;
    const labels = known ? selectorLabels({ name, instance }) : (ingressPods ?? {});
    return { name, kind, namespace, labels, ports: ascending(ports), calls: ascending(calls) };
  }
}

/** Each number once, ascending. */
export function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

/** What each part listens on. */
function portsOfParts(environment: ResolvedEnvironment): Record<string, readonly number[]> {
  const { services, dataStores, migrations, observability } = environment;
  const ports: Record<string, readonly number[]> = {};
  for (const [name, service] of Object.entries(services)) ports[name] = Object.values(service.ports);
  for (const [name, { engine }] of Object.entries(dataStores)) ports[name] = [DATA_STORE_PORTS[engine]];
  for (const name of Object.keys(migrations)) ports[name] = [];
  for (const [name, store] of Object.entries(dataStores)) {
    if (store.engine === "postgres" && store.backup) ports[backupName(name)] = [];
    if (store.engine === "postgres" && store.seed) ports[seedName(name)] = [];
  }
  for (const name of OBSERVABILITY_SERVERS) {
    if (observability[name].enabled) ports[name] = [OBSERVABILITY_PORTS[name]];
  }
  for (const { name, port } of exportersOf(environment)) ports[name] = [port];
  return ports;
}

function callsOf(part: string, environment: ResolvedEnvironment, apiPorts: readonly number[]): number[] {
  const { services, observability } = environment;
  const declared = declaredEdges(environment).flatMap(({ from, ports }) => (from === part ? ports : []));
  const service = Object.hasOwn(services, part) ? services[part] : undefined;
  const tellsPeople = part === "alertmanager";
  const egress = (tellsPeople ? observability.alertmanager.egress : service?.egress) ?? [];
  const internet = tellsPeople || service?.internet ? [HTTPS_PORT] : [];
  return [
    ...declared,
    ...egress.flatMap(({ ports }) => ports),
    ...internet,
    ...(usesApiServer(part, environment) ? apiPorts : []),
    ...(part === "prometheus" && observability.felix ? [observability.felix.port] : []),
  ];
}
