import type { Field } from "../../policies/field.ts";
import { KubeObject } from "../../policies/kube-object.ts";
import type { Pod } from "../../policies/pod.ts";
import { maySelect } from "../../policies/selector.ts";
import { Stack } from "../../policies/stack.ts";
import type { KubeManifest } from "../rendered-object.ts";

/** A connection that network policies admit on both of its ends; one end may be outside of the stack. */
export interface Connection {
  /** A workload as "namespace/name", or whom a policy names outside, e.g. "namespace ingress-nginx". */
  readonly from: string;
  readonly to: string;
  /** e.g. "TCP 8080", or "any port". */
  readonly port: string;
}

type Direction = "Ingress" | "Egress";

/** One rule of a policy: whom it lets through, and to which ports. No peers: everyone; no ports: any. */
interface Rule {
  readonly namespace: string;
  readonly peers: readonly Field[];
  readonly ports: readonly Field[];
}

/** A workload, and what the policies that select it let through; undefined where no policy closes a direction. */
interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly pod: Pod;
  readonly rules: Readonly<Record<Direction, readonly Rule[] | undefined>>;
}

/** A port that somebody may be connected to; without a number every port that nobody names. */
interface Port {
  readonly protocol: string;
  readonly number?: number;
}

/**
 * Every connection that the network policies among manifests admit: between workloads, where both ends admit it, and with
 * whom the policies name outside, sorted.
 */
export function connectionsOf(manifests: readonly KubeManifest[]): Connection[] {
  const stack = new Stack(manifests.map((manifest) => new KubeObject(manifest)));
  const workloads = stack.pods.map((pod) => toWorkload(pod, stack));
  const inside = workloads.flatMap((from) =>
    workloads.filter((to) => to !== from).flatMap((to) => between(from, to, stack)),
  );
  const outside = workloads.flatMap((workload) => [
    ...outsideOf(workload, "Ingress", stack).map(({ peer, port }) => ({ from: peer, to: workload.name, port })),
    ...outsideOf(workload, "Egress", stack).map(({ peer, port }) => ({ from: workload.name, to: peer, port })),
  ]);
  const all = new Map([...inside, ...outside].map((connection) => [keyOf(connection), connection]));
  return [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, connection]) => connection);
}

/** Connections that are in the first list only. */
export function without(connections: readonly Connection[], others: readonly Connection[]): Connection[] {
  const known = new Set(others.map(keyOf));
  return connections.filter((connection) => !known.has(keyOf(connection)));
}

function keyOf({ from, to, port }: Connection): string {
  return `${from} ${to} ${port}`;
}

function toWorkload(pod: Pod, stack: Stack): Workload {
  const namespace = pod.object.namespace.text ?? "default";
  const policies = stack
    .ofKind("NetworkPolicy", "networking.k8s.io")
    .filter((policy) => (policy.namespace.text ?? "default") === namespace)
    .filter((policy) => maySelect(policy.spec.at("podSelector"), pod.metadata.at("labels")));
  const rulesOf = (direction: Direction): readonly Rule[] | undefined => {
    const closing = policies.filter((policy) => isAbout(policy, direction));
    const [list, peers] = direction === "Ingress" ? ["ingress", "from"] : ["egress", "to"];
    if (closing.length === 0) return undefined;
    return closing.flatMap(({ spec }) =>
      spec.at(list).items.map((rule) => ({ namespace, peers: rule.at(peers).items, ports: rule.at("ports").items })),
    );
  };
  const rules = { Ingress: rulesOf("Ingress"), Egress: rulesOf("Egress") };
  return { name: `${namespace}/${pod.object.name.text ?? ""}`, namespace, pod, rules };
}

/** Without policyTypes a policy is about ingress, and about egress where it has such rules. */
function isAbout({ spec }: KubeObject, direction: Direction): boolean {
  const types = spec.at("policyTypes").items.map(({ text }) => text);
  if (types.length > 0) return types.includes(direction);
  return direction === "Ingress" || spec.at("egress").items.length > 0;
}

function between(from: Workload, to: Workload, stack: Stack): Connection[] {
  const [leaving, entering] = [from.rules.Egress, to.rules.Ingress];
  const ports = [...(leaving ?? []), ...(entering ?? [])].flatMap((rule) =>
    rule.ports.flatMap((port) => named(port, to)),
  );
  const candidates: Port[] = [...ports, ...containerPorts(to), { protocol: "TCP" }, { protocol: "UDP" }];
  const open = candidates.filter(
    (port) => admits(leaving, to, port, to, stack) && admits(entering, from, port, to, stack),
  );
  const isAny = open.some(({ protocol, number }) => protocol === "TCP" && number === undefined);
  const shown = isAny ? open.filter(({ number }) => number === undefined) : open;
  return shown.map((port) => ({ from: from.name, to: to.name, port: describePort(port) }));
}

/** Whether rules let a connection with another workload through. @param server the end that is connected to. */
function admits(rules: readonly Rule[] | undefined, other: Workload, port: Port, server: Workload, stack: Stack) {
  if (rules === undefined) return true;
  return rules.some(
    ({ peers, ports, namespace }) =>
      (peers.length === 0 || peers.some((peer) => isPeer(peer, namespace, other, stack))) &&
      (ports.length === 0 || ports.some((opened) => opens(opened, port, server))),
  );
}

/** Addresses of pods are not known here: a rule for addresses is about who is outside. */
function isPeer(peer: Field, namespace: string, other: Workload, stack: Stack): boolean {
  if (!peer.at("ipBlock").isMissing) return false;
  const namespaces = peer.at("namespaceSelector");
  const isThere = namespaces.isMissing
    ? other.namespace === namespace
    : maySelect(namespaces, namespaceLabels(other.namespace, stack));
  return isThere && (peer.at("podSelector").isMissing || maySelect(peer.at("podSelector"), labelsOf(other)));
}

function labelsOf({ pod }: Workload): Field {
  return pod.metadata.at("labels");
}

function namespaceLabels(name: string, stack: Stack): Field {
  const object = stack.ofKind("Namespace", "").find((namespace) => namespace.name.text === name);
  const labels = (object?.labels.value ?? {}) as Readonly<Record<string, unknown>>;
  return new KubeObject({ labels: { ...labels, [NAME_LABEL]: name } }).root.at("labels");
}

/** The label that every namespace has. */
const NAME_LABEL = "kubernetes.io/metadata.name";

function opens(opened: Field, { protocol, number }: Port, server: Workload): boolean {
  if ((opened.at("protocol").text ?? "TCP") !== protocol) return false;
  const port = opened.at("port");
  if (port.isMissing) return true;
  const last = opened.at("endPort").number;
  if (number === undefined) return false;
  if (port.number === undefined) return numberOf(port.text ?? "", server) === number;
  return last === undefined ? port.number === number : port.number <= number && number <= last;
}

/** The ports that a rule names, as numbers. */
function named(opened: Field, server: Workload): Port[] {
  const protocol = opened.at("protocol").text ?? "TCP";
  const port = opened.at("port");
  const number = port.number ?? numberOf(port.text ?? "", server);
  return number === undefined ? [] : [{ protocol, number }];
}

function containerPorts({ pod }: Workload): Port[] {
  return pod.containers
    .flatMap(({ field }) => field.at("ports").items)
    .flatMap((port) => {
      const number = port.at("containerPort").number;
      return number === undefined ? [] : [{ protocol: port.at("protocol").text ?? "TCP", number }];
    });
}

function numberOf(name: string, { pod }: Workload): number | undefined {
  const ports = pod.containers.flatMap(({ field }) => field.at("ports").items);
  return ports.find((port) => port.at("name").text === name)?.at("containerPort").number;
}

/** What rules say about ends outside of the stack. */
function outsideOf(workload: Workload, direction: Direction, stack: Stack): { peer: string; port: string }[] {
  const rules = workload.rules[direction];
  if (rules === undefined) return [{ peer: "anyone", port: "any port" }];
  return rules.flatMap(({ peers, ports }) => {
    const names = peers.length === 0 ? ["anyone"] : peers.flatMap((peer) => outsidePeer(peer, stack) ?? []);
    const opened = ports.length === 0 ? ["any port"] : ports.map(describeOpened);
    return names.flatMap((peer) => opened.map((port) => ({ peer, port })));
  });
}

/** Whom a peer names outside; undefined for who can only be inside. */
function outsidePeer(peer: Field, stack: Stack): string | undefined {
  const block = peer.at("ipBlock");
  if (!block.isMissing) {
    const except = block.at("except").items.map(({ text }) => text ?? "");
    return `${block.at("cidr").text ?? ""}${except.length === 0 ? "" : ` except ${except.join(", ")}`}`;
  }
  const namespaces = peer.at("namespaceSelector");
  if (namespaces.isMissing) return undefined;
  const name = namespaces.at("matchLabels", NAME_LABEL).text;
  if (name !== undefined && stack.ofKind("Namespace", "").some((own) => own.name.text === name)) return undefined;
  const where = name === undefined ? `namespaces ${JSON.stringify(namespaces.value)}` : `namespace ${name}`;
  const pods = peer.at("podSelector");
  return pods.isMissing ? where : `${where}, pods ${JSON.stringify(pods.value)}`;
}

function describeOpened(opened: Field): string {
  const protocol = opened.at("protocol").text ?? "TCP";
  const port = opened.at("port");
  if (port.isMissing) return `${protocol}, any port`;
  const last = opened.at("endPort").number;
  return `${protocol} ${String(port.value)}${last === undefined ? "" : `-${last}`}`;
}

function describePort({ protocol, number }: Port): string {
  return number === undefined ? `${protocol}, any port` : `${protocol} ${number}`;
}
