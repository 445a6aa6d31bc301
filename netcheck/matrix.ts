import { BlockList, isIPv4 } from "node:net";
import {
  declaredEdges,
  DNS_PORT,
  HTTPS_PORT,
  OBSERVABILITY_PORTS,
  PRIVATE_RANGES,
  type ResolvedEnvironment,
} from "../spec/index.ts";
import { FOREIGN, type Role, type RoleNamespaces, rolesOf } from "./matrix-roles.ts";

/** What a check connects to. */
export type Target =
  /** The canary that stands in a role's place, by address. */
  | { readonly kind: "canary"; readonly role: string }
  /** The real thing by name, as its callers know it. */
  | { readonly kind: "name"; readonly host: string }
  /** An address outside the cluster. */
  | { readonly kind: "address"; readonly host: string }
  /** The DNS server that the cluster gives to the pod. */
  | { readonly kind: "resolver" };

/** Whether a connection gets through. */
export type Verdict = "open" | "closed";

/** One connection to try. */
export interface Check {
  /** Name of the role that connects. */
  readonly from: string;
  /** What it connects to, for people. */
  readonly to: string;
  readonly target: Target;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly expected: Verdict;
  /** What the expectation follows from. */
  readonly why: string;
}

/** Connections that can't be tried here. */
export interface Unchecked {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Who takes part, what is tried, and what can't be. */
export interface Matrix {
  readonly roles: readonly Role[];
  readonly checks: readonly Check[];
  readonly unchecked: readonly Unchecked[];
}

/** An address that stands for the world outside, or why there is none. */
export type OutsideWorld =
  { readonly address: string; readonly ports: readonly number[] } | { readonly missing: string };

/** What the matrix needs to know beyond the environment. */
export interface MatrixSurroundings {
  readonly namespaces: RoleNamespaces;
  readonly outside: OutsideWorld;
  /** Where the API server is, behind its Service. */
  readonly apiServer: readonly { readonly cidr: string; readonly port: number }[];
  /** Whether the cluster has ServiceMonitors, for environments that leave it to the cluster. */
  readonly serviceMonitors: boolean;
}

const OPEN_TO_ALL = "nothing confines it";
const UNDECLARED = "not declared";
const WITHIN_NAMESPACE = "network.allowWithinNamespace";

/**
 * Everything that an environment's network policies open, and everything that they must keep closed: each role to each
 * part on each of its ports, and each role to DNS, the API server, other namespaces and the world outside. Pure.
 */
export function toMatrix(described: ResolvedEnvironment, surroundings: MatrixSurroundings): Matrix {
  const environment = withServiceMonitors(described, surroundings.serviceMonitors);
  const roles = rolesOf(environment, surroundings.namespaces);
  const targets = roles.filter(({ kind }) => kind === "part" || kind === "collector");
  const confined = roles.filter(({ kind }) => kind !== "outsider");
  return {
    roles,
    checks: [
      ...roles.flatMap((from) => targets.flatMap((to) => betweenRoles(from, to, environment))),
      ...byName(environment, roles),
      ...confined.flatMap((from) => [...toDns(from), ...toForeign(from, roles)]),
      ...roles.flatMap((from) => toApiServer(from, environment, surroundings)),
      ...roles.flatMap((from) => toOutside(from, environment, surroundings.outside)),
    ],
    unchecked: whatIsMissing(environment, roles, surroundings),
  };
}

function withServiceMonitors(environment: ResolvedEnvironment, there: boolean): ResolvedEnvironment {
  const { observability } = environment;
  if (observability.serviceMonitors !== "auto") return environment;
  return { ...environment, observability: { ...observability, serviceMonitors: there ? "always" : "never" } };
}

/** A pod can't be kept from itself, so only pairs of two are tried. */
function betweenRoles(from: Role, to: Role, environment: ResolvedEnvironment): Check[] {
  if (from.name === to.name) return [];
  return to.ports.map((port) => {
    const reason = whyOpen(from, to, port, environment);
    return {
      ...{ from: from.name, to: to.name, target: { kind: "canary", role: to.name }, port, protocol: "TCP" },
      ...verdict(reason),
    };
  });
}

/** Why a connection to a part is open; undefined when it must be closed. */
function whyOpen(from: Role, to: Role, port: number, environment: ResolvedEnvironment): string | undefined {
  const { name: instance, network, observability } = environment;
  if (from.kind === "part" && isDeclared(from.name, to.name, port, environment)) return "declared";
  if (from.kind === "collector" && to.name === "loki") return "logs go to Loki";
  if (network.allowWithinNamespace && from.namespace === instance && to.namespace === instance) {
    return WITHIN_NAMESPACE;
  }
  // What follows opens the callee's side only, and the caller's is open only where nothing confines it.
  if (from.kind !== "outsider" || to.kind !== "part") return undefined;
  if (nodePortOf(to.name, environment) === port) return "its NodePort is open to all";
  const service = serviceOf(to.name, environment);
  if (service?.expose && from.namespace === network.ingressNamespace && service.ports[service.expose.port] === port) {
    return "exposed through the ingress controller";
  }
  const isMonitoring =
    observability.serviceMonitors === "always" && from.namespace === observability.monitoringNamespace;
  if (isMonitoring && service?.metrics && service.ports[service.metrics.port] === port) return "metrics";
  return undefined;
}

function isDeclared(from: string, to: string, port: number, environment: ResolvedEnvironment): boolean {
  return declaredEdges(environment).some((edge) => edge.from === from && edge.to === to && edge.ports.includes(port));
}

/** The port of a part that its NodePort opens, to whatever address comes: a node's can't be told from others. */
function nodePortOf(name: string, environment: ResolvedEnvironment): number | undefined {
  const service = serviceOf(name, environment);
  if (service) return service.nodePort === undefined ? undefined : service.ports["http"];
  const isServer = name === "prometheus" || name === "loki" || name === "grafana";
  return isServer && environment.observability.nodePorts ? OBSERVABILITY_PORTS[name] : undefined;
}

/** Declared connections once more, to the real servers under the names that callers use. */
function byName(environment: ResolvedEnvironment, roles: readonly Role[]): Check[] {
  const { ingressNamespace } = environment.network;
  const callers = roles.filter(({ kind, namespace }) =>
    kind === "outsider" ? namespace === ingressNamespace : kind !== "stray",
  );
  const servers = roles.filter(({ name, kind }) => kind === "part" && isRunning(name, environment));
  return callers.flatMap((from) =>
    servers.flatMap((to) =>
      to.ports.flatMap((port): Check[] => {
        const reason = from.name === to.name ? undefined : whyOpen(from, to, port, environment);
        if (reason === undefined || reason === WITHIN_NAMESPACE) return [];
        const host = from.namespace === to.namespace ? to.name : `${to.name}.${to.namespace}.svc`;
        const target = { kind: "name", host } as const;
        return [{ from: from.name, to: `service/${host}`, target, port, protocol: "TCP", ...verdict(reason) }];
      }),
    ),
  );
}

function isRunning(name: string, environment: ResolvedEnvironment): boolean {
  return serviceOf(name, environment)?.replicas !== 0;
}

function toDns(from: Role): Check[] {
  return (["UDP", "TCP"] as const).map((protocol) => ({
    ...{ from: from.name, to: "cluster DNS", target: { kind: "resolver" }, port: DNS_PORT, protocol },
    ...verdict("names must resolve"),
  }));
}

/** Whatever listens in another namespace must be out of reach; its port 53 as well. */
function toForeign(from: Role, roles: readonly Role[]): Check[] {
  const foreign = roles.find(({ name }) => name === FOREIGN);
  const ports = (foreign?.ports ?? []).map((port) => ({ port, protocol: "TCP" as const }));
  return [{ port: DNS_PORT, protocol: "UDP" as const }, ...ports].map(({ port, protocol }) => ({
    ...{ from: from.name, to: FOREIGN, target: { kind: "canary", role: FOREIGN }, port, protocol },
    ...verdict(undefined),
  }));
}

function toApiServer(from: Role, environment: ResolvedEnvironment, { apiServer }: MatrixSurroundings): Check[] {
  if (from.kind === "outsider" && from.name !== FOREIGN) return [];
  const host = "kubernetes.default.svc";
  const uses = from.name === "prometheus" || serviceOf(from.name, environment)?.serviceAccountToken === true;
  const isPublic = apiServer.some(({ cidr, port }) => port === HTTPS_PORT && isPublicAddress(cidr.split("/")[0] ?? ""));
  const reason =
    from.kind === "outsider"
      ? OPEN_TO_ALL
      : from.kind === "part" && uses && apiServer.length > 0
        ? "it uses the Kubernetes API"
        : isPublic
          ? whyHttps(from, environment)
          : undefined;
  const target = { kind: "name", host } as const;
  return [{ from: from.name, to: "Kubernetes API", target, port: HTTPS_PORT, protocol: "TCP", ...verdict(reason) }];
}

function toOutside(from: Role, environment: ResolvedEnvironment, outside: OutsideWorld): Check[] {
  if ("missing" in outside || (from.kind === "outsider" && from.name !== FOREIGN)) return [];
  return outside.ports.map((port) => {
    const https = port === HTTPS_PORT && isPublicAddress(outside.address) ? whyHttps(from, environment) : undefined;
    return {
      ...{ from: from.name, to: `outside ${outside.address}`, target: { kind: "address", host: outside.address } },
      ...{ port, protocol: "TCP" },
      ...verdict(from.kind === "outsider" ? OPEN_TO_ALL : https),
    };
  });
}

/** Why a role may open HTTPS connections to public addresses. */
function whyHttps(from: Role, environment: ResolvedEnvironment): string | undefined {
  if (from.kind === "part" && serviceOf(from.name, environment)?.internet) return "internet: true";
  const everyPod = environment.network.httpsEgress === "all" && from.namespace === environment.name;
  return everyPod ? "network.httpsEgress" : undefined;
}

function whatIsMissing(
  { network, observability, services }: ResolvedEnvironment,
  roles: readonly Role[],
  { outside, namespaces }: MatrixSurroundings,
): Unchecked[] {
  const absent = (namespace: string): boolean => !namespaces.existing.includes(namespace);
  const withoutNamespace = (namespace: string): Unchecked => ({
    ...{ from: `namespace ${namespace}`, to: "every part" },
    why: `there is no namespace ${namespace} in this cluster`,
  });
  return [
    ...(absent(network.ingressNamespace) ? [withoutNamespace(network.ingressNamespace)] : []),
    ...(observability.serviceMonitors === "always" && absent(observability.monitoringNamespace)
      ? [withoutNamespace(observability.monitoringNamespace)]
      : []),
    ...("missing" in outside ? [{ from: "every part", to: "the world outside", why: outside.missing }] : []),
    ...roles
      .filter(({ name }) => services[name]?.replicas === 0)
      .map(({ name }) => ({ from: "its callers", to: `service/${name}`, why: "it has 0 replicas" })),
  ];
}

function verdict(reason: string | undefined): Pick<Check, "expected" | "why"> {
  return reason === undefined ? { expected: "closed", why: UNDECLARED } : { expected: "open", why: reason };
}

function serviceOf(
  name: string,
  { services }: ResolvedEnvironment,
): ResolvedEnvironment["services"][string] | undefined {
  return Object.hasOwn(services, name) ? services[name] : undefined;
}

const privateRanges = new BlockList();
for (const range of PRIVATE_RANGES) {
  const [address = "", length] = range.split("/");
  privateRanges.addSubnet(address, Number(length));
}

/** Whether HTTPS egress reaches an address; it is about IPv4 alone. */
export function isPublicAddress(address: string): boolean {
  return isIPv4(address) && !privateRanges.check(address);
}
