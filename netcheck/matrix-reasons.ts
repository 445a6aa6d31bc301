import { BlockList, isIPv4 } from "node:net";
import {
  declaredEdges,
  HTTPS_PORT,
  logNamespaceOf,
  OBSERVABILITY_PORTS,
  OBSERVABILITY_SERVERS,
  PRIVATE_RANGES,
  type ResolvedEnvironment,
} from "../spec/index.ts";
import type { Role } from "./matrix-roles.ts";

/** The end of a connection whose policies decide: the caller's egress or the callee's ingress. */
export type Side = "egress" | "ingress";

/** The reason of what `network.allowWithinNamespace` opens. */
export const WITHIN_NAMESPACE = "network.allowWithinNamespace";

/** Why the policies of one side admit a connection between roles; undefined when they must not. */
export function whyOpen(
  side: Side,
  from: Role,
  to: Role,
  port: number,
  environment: ResolvedEnvironment,
): string | undefined {
  const { name: instance, network } = environment;
  if (from.kind === "part" && isDeclared(from.name, to.name, port, environment)) return "declared";
  if (network.allowWithinNamespace && from.namespace === instance && to.namespace === instance) return WITHIN_NAMESPACE;
  const toLoki = to.kind === "part" && to.name === "loki" && port === OBSERVABILITY_PORTS.loki;
  // Loki knows the collector by its namespace.
  const sendsLogs = side === "egress" ? from.kind === "collector" : from.namespace === logNamespaceOf(environment);
  if (toLoki && sendsLogs) return "logs go to Loki";
  return side === "ingress" && to.kind === "part" ? whyAdmitted(from, to.name, port, environment) : undefined;
}

/** What a part admits of those that are no part. */
function whyAdmitted(
  { namespace }: Role,
  to: string,
  port: number,
  environment: ResolvedEnvironment,
): string | undefined {
  const { network, observability } = environment;
  if (nodePortOf(to, environment) === port) return "its NodePort is open to all";
  const service = serviceOf(to, environment);
  if (service?.expose && namespace === network.ingressNamespace && service.ports[service.expose.port] === port) {
    return "exposed through the ingress controller";
  }
  const isGrafana = to === "grafana" && port === OBSERVABILITY_PORTS.grafana;
  if (isGrafana && observability.grafana.hostnames.length > 0 && namespace === network.ingressNamespace) {
    return "exposed through the ingress controller";
  }
  const isMonitoring = observability.serviceMonitors === "always" && namespace === observability.monitoringNamespace;
  if (isMonitoring && service?.metrics && service.ports[service.metrics.port] === port) return "metrics";
  return undefined;
}

/** Why a role may connect to an address, whatever is there; undefined when no rule for addresses opens that. */
export function whyAddress(
  from: Role,
  address: string,
  port: number,
  environment: ResolvedEnvironment,
): string | undefined {
  const { services, network, observability, name: instance } = environment;
  const service = from.kind === "part" && Object.hasOwn(services, from.name) ? services[from.name] : undefined;
  const tellsPeople = from.kind === "part" && from.name === "alertmanager";
  const traces = from.kind === "collector" ? observability.collector.traces : undefined;
  const egress = tellsPeople ? observability.alertmanager.egress : (traces ?? service)?.egress;
  if (egress?.some(({ cidr, ports }) => ports.includes(port) && isIn(address, [cidr]))) return "egress";
  const { felix } = observability;
  const readsFelix = from.kind === "part" && from.name === "prometheus" && felix !== undefined;
  if (readsFelix && felix.port === port && isIn(address, [felix.nodes])) return "metrics of Felix";
  if (port !== HTTPS_PORT || !isPublicAddress(address)) return undefined;
  if (tellsPeople) return "receivers of alerts";
  if (traces?.egress.length === 0) return "where traces go";
  if (service?.internet) return "internet: true";
  return network.httpsEgress === "all" && from.namespace === instance ? "network.httpsEgress" : undefined;
}

function isDeclared(from: string, to: string, port: number, environment: ResolvedEnvironment): boolean {
  return declaredEdges(environment).some((edge) => edge.from === from && edge.to === to && edge.ports.includes(port));
}

/** The port of a part that its NodePort opens, to whatever address comes: a node's can't be told from others. */
function nodePortOf(name: string, environment: ResolvedEnvironment): number | undefined {
  const service = serviceOf(name, environment);
  if (service) return service.nodePort === undefined ? undefined : service.ports["http"];
  const server = OBSERVABILITY_SERVERS.find((each) => each === name);
  return server && environment.observability.nodePorts ? OBSERVABILITY_PORTS[server] : undefined;
}

/** A part's declaration as a service; undefined where it is none. */
export function serviceOf(
  name: string,
  { services }: ResolvedEnvironment,
): ResolvedEnvironment["services"][string] | undefined {
  return Object.hasOwn(services, name) ? services[name] : undefined;
}

/** Whether HTTPS egress reaches an address; it is about IPv4 alone. */
function isPublicAddress(address: string): boolean {
  return isIPv4(address) && !isIn(address, PRIVATE_RANGES);
}

function isIn(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [first = "", length] = range.split("/");
    list.addSubnet(first, Number(length));
  }
  return isIPv4(address) && list.check(address);
}
