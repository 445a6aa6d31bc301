import { DNS_PORT, exportersOf, HTTPS_PORT, type ResolvedEnvironment } from "../spec/index.ts";
import { serviceOf, type Side, whyAddress, whyOpen, WITHIN_NAMESPACE } from "./matrix-reasons.ts";
import { ascending, FOREIGN, type Role, type RoleNamespaces, rolesOf, usesApiServer } from "./matrix-roles.ts";

/** What a check connects to. */
export type Target =
  /** The canary that stands in a role's place, by address. */
  | { readonly kind: "canary"; readonly role: string }
  /** The real thing by name, as its callers know it. */
  | { readonly kind: "name"; readonly host: string }
  /** An address outside of the environment. */
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
  /** Whose policies decide alone, the other side being open to all. "both": the connection as the environment has it. */
  readonly side: Side | "both";
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

/** An address outside of the environment and its TCP ports on which somebody answers, or why there is none. */
export type Place = { readonly address: string; readonly ports: readonly number[] } | { readonly missing: string };

/** What the matrix needs to know beyond the environment. */
export interface MatrixSurroundings {
  readonly namespaces: RoleNamespaces;
  /** What stands for the world outside. */
  readonly outside: Place;
  /** Where the API server is, behind its Service. */
  readonly apiServer: readonly { readonly cidr: string; readonly port: number }[];
  /** What answers right beside what is opened, such as other ports of the DNS pods, by name. */
  readonly neighbours: Readonly<Record<string, Place>>;
  /** Whether the cluster has ServiceMonitors, for environments that leave it to the cluster. */
  readonly serviceMonitors: boolean;
}

const OPEN_TO_ALL = "nothing confines it";
const UNDECLARED = "not declared";

/** Where the search for a port that nothing declares begins: below the range that clients take theirs from. */
const FIRST_UNDECLARED_PORT = 7777;

/**
 * Everything that an environment's network policies open, and everything that they must keep closed: each role to each
 * other on each of its ports and on one that nothing declares, either side by itself, and each role to DNS, the API
 * server, other namespaces and the world outside. Pure.
 */
export function toMatrix(described: ResolvedEnvironment, surroundings: MatrixSurroundings): Matrix {
  const environment = withServiceMonitors(described, surroundings.serviceMonitors);
  const { namespaces, apiServer } = surroundings;
  const roles = rolesOf(environment, namespaces, ascending(apiServer.map(({ port }) => port)));
  const undeclared = undeclaredPort(roles);
  const witnesses = roles.filter(({ kind, name }) => kind !== "outsider" || name === FOREIGN);
  const confined = roles.filter(isConfined);
  return {
    roles,
    checks: [
      ...roles.flatMap((from) => roles.flatMap((to) => betweenRoles(from, to, undeclared, environment))),
      ...byName(environment, roles),
      ...confined.flatMap((from) => [...toDns(from, environment), toForeignDns(from)]),
      ...witnesses.flatMap((from) => toApiServer(from, environment, surroundings)),
      ...placesOf(surroundings).flatMap(([name, to]) =>
        witnesses.flatMap((from) => toPlace(from, name, to, environment)),
      ),
    ],
    unchecked: whatIsMissing(environment, roles, surroundings),
  };
}

/** Whether policies of the environment apply to a role's canaries. */
export function isConfined({ kind }: Role): boolean {
  return kind !== "outsider";
}

/**
 * The checks as they are when it is known which addresses canaries have: rules for addresses do not ask whose they are.
 *
 * @param addressOf address of the canary of a role by which the caller's side is judged.
 */
export function withAddresses(
  { roles, checks }: Matrix,
  environment: ResolvedEnvironment,
  addressOf: (role: string) => string,
): Check[] {
  return checks.map((check) => {
    const { from, target, side, port, protocol, expected } = check;
    const caller = roles.find(({ name }) => name === from);
    if (target.kind !== "canary" || side !== "egress" || protocol !== "TCP" || expected === "open" || !caller)
      return check;
    const reason = whyAddress(caller, addressOf(target.role), port, environment);
    return reason === undefined ? check : { ...check, ...verdict(reason) };
  });
}

function withServiceMonitors(environment: ResolvedEnvironment, there: boolean): ResolvedEnvironment {
  const { observability } = environment;
  if (observability.serviceMonitors !== "auto") return environment;
  return { ...environment, observability: { ...observability, serviceMonitors: there ? "always" : "never" } };
}

/** The TCP port that is tried as the one that nothing declares. */
export function undeclaredPort(roles: readonly Role[]): number {
  const declared = new Set(roles.flatMap(({ ports, calls }) => [...ports, ...calls]));
  let port = FIRST_UNDECLARED_PORT;
  while (declared.has(port)) port++;
  return port;
}

/** A pod can't be kept from itself, so only pairs of two are tried. Only confined ends have a side to judge. */
function betweenRoles(from: Role, to: Role, undeclared: number, environment: ResolvedEnvironment): Check[] {
  if (from.name === to.name) return [];
  const sides: Side[] = [
    ...(isConfined(from) ? (["egress"] as const) : []),
    ...(isConfined(to) ? (["ingress"] as const) : []),
  ];
  if (to.kind === "outsider" && to.name !== FOREIGN) return [];
  return sides.flatMap((side) =>
    ascending([...to.ports, ...from.calls, undeclared]).map((port): Check => {
      const target = { kind: "canary", role: to.name } as const;
      const reason = whyOpen(side, from, to, port, environment);
      return { from: from.name, to: to.name, target, port, protocol: "TCP", side, ...verdict(reason) };
    }),
  );
}

/** Declared connections once more, to the real servers under the names that callers use. */
function byName(environment: ResolvedEnvironment, roles: readonly Role[]): Check[] {
  const { ingressNamespace } = environment.network;
  const callers = roles.filter(({ kind, namespace }) =>
    kind === "outsider" ? namespace === ingressNamespace : kind !== "stray",
  );
  const servers = roles.filter(({ name, kind }) => kind === "part" && answersByName(name, environment));
  return callers.flatMap((from) =>
    servers.flatMap((to) =>
      to.ports.flatMap((port): Check[] => {
        const leaves = isConfined(from) ? whyOpen("egress", from, to, port, environment) : OPEN_TO_ALL;
        const enters = whyOpen("ingress", from, to, port, environment);
        const isOwn = from.name === to.name || enters === WITHIN_NAMESPACE;
        if (leaves === undefined || enters === undefined || isOwn) return [];
        const host = from.namespace === to.namespace ? to.name : `${to.name}.${to.namespace}.svc`;
        const target = { kind: "name", host } as const;
        const end = { from: from.name, to: `service/${host}`, target } as const;
        return [{ ...end, port, protocol: "TCP", side: "both", ...verdict(enters) }];
      }),
    ),
  );
}

/** Not so where nothing runs, and exporters have no Service: Prometheus finds their pods. */
function answersByName(part: string, environment: ResolvedEnvironment): boolean {
  const isExporter = exportersOf(environment).some(({ name }) => name === part);
  return !isExporter && serviceOf(part, environment)?.replicas !== 0;
}

/** All pods of the environment may resolve names; of the log collector's namespace it alone. */
function toDns(from: Role, environment: ResolvedEnvironment): Check[] {
  const mayAsk = from.kind === "collector" || from.namespace === environment.name;
  return (["UDP", "TCP"] as const).map((protocol) => ({
    ...{ from: from.name, to: "cluster DNS", target: { kind: "resolver" }, port: DNS_PORT, protocol, side: "both" },
    ...verdict(mayAsk ? "names must resolve" : undefined),
  }));
}

/** Over UDP, port 53 of another namespace must be out of reach as well. */
function toForeignDns(from: Role): Check {
  return {
    ...{ from: from.name, to: FOREIGN, target: { kind: "canary", role: FOREIGN }, port: DNS_PORT, protocol: "UDP" },
    ...{ side: "egress", ...verdict(undefined) },
  };
}

function toApiServer(from: Role, environment: ResolvedEnvironment, { apiServer }: MatrixSurroundings): Check {
  const host = "kubernetes.default.svc";
  const byAddress = apiServer.map(({ cidr, port }) => whyAddress(from, cidr.split("/")[0] ?? "", port, environment));
  const uses = from.kind === "part" && usesApiServer(from.name, environment) && apiServer.length > 0;
  const reason = uses ? "it uses the Kubernetes API" : byAddress.find((why) => why !== undefined);
  return {
    ...{ from: from.name, to: "Kubernetes API", target: { kind: "name", host }, port: HTTPS_PORT, protocol: "TCP" },
    ...{ side: "both", ...verdict(isConfined(from) ? reason : OPEN_TO_ALL) },
  };
}

function toPlace(from: Role, name: string, place: Place, environment: ResolvedEnvironment): Check[] {
  if ("missing" in place) return [];
  const { address, ports } = place;
  const target = { kind: "address", host: address } as const;
  return ports.map((port) => ({
    ...{ from: from.name, to: `${name} ${address}`, target, port, protocol: "TCP", side: "both" },
    ...verdict(isConfined(from) ? whyAddress(from, address, port, environment) : OPEN_TO_ALL),
  }));
}

function placesOf({ neighbours, outside }: MatrixSurroundings): [string, Place][] {
  return [...Object.entries(neighbours), ["outside", outside]];
}

function whatIsMissing(
  { network, observability, services }: ResolvedEnvironment,
  roles: readonly Role[],
  surroundings: MatrixSurroundings,
): Unchecked[] {
  const { namespaces } = surroundings;
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
    ...placesOf(surroundings).flatMap(([to, place]) =>
      "missing" in place ? [{ from: "every part", to, why: place.missing }] : [],
    ),
    ...Object.entries(services).flatMap(([from, { egress }]) =>
      egress.map(({ cidr }) => ({ from, to: `egress ${cidr}`, why: "who answers there is not known" })),
    ),
    ...roles
      .filter(({ name }) => services[name]?.replicas === 0)
      .map(({ name }) => ({ from: "its callers", to: `service/${name}`, why: "it has 0 replicas" })),
  ];
}

function verdict(reason: string | undefined): Pick<Check, "expected" | "why"> {
  return reason === undefined ? { expected: "closed", why: UNDECLARED } : { expected: "open", why: reason };
}
