import { BlockList, isIPv6 } from "node:net";

/**
 * NetworkPolicy semantics, written from the Kubernetes documentation and API reference alone, so that it can't share a
 * mistake with what generates the policies.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */

type Labels = Readonly<Record<string, string>>;

/** A label selector: an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Who may be on the other side of a connection. */
export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** What a rule opens. */
export interface PolicyPort {
  /** @default "TCP" */
  readonly protocol?: string;
  /** A number, or the name of a port of the pod that is connected to. @default every port */
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A NetworkPolicy object. */
export interface Policy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly PolicyPeer[]; readonly ports?: readonly PolicyPort[] }[];
    readonly egress?: readonly { readonly to?: readonly PolicyPeer[]; readonly ports?: readonly PolicyPort[] }[];
  };
}

/** One end of a connection: a pod, or an address outside the cluster where it has no namespace. */
export interface Endpoint {
  readonly ip: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  /** Named ports. @default none */
  readonly ports?: Readonly<Record<string, number>>;
}

/** A cluster's policies, and the labels of its namespaces by name. */
export interface PolicyWorld {
  readonly policies: readonly Policy[];
  readonly namespaces: Readonly<Record<string, Labels>>;
}

/** A port and protocol that one end connects to at the other. */
export interface Target {
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
}

/** Whether a connection gets through: the policies of both ends must admit it. */
export function isAdmitted(world: PolicyWorld, from: Endpoint, to: Endpoint, target: Target): boolean {
  return admits(world, "Egress", from, to, target) && admits(world, "Ingress", to, from, target);
}

/**
 * Whether the policies of one end admit a connection in one direction.
 *
 * @param end whose policies: where the connection starts for egress, where it ends for ingress.
 * @param other the other end.
 */
export function admits(
  world: PolicyWorld,
  direction: "Ingress" | "Egress",
  end: Endpoint,
  other: Endpoint,
  target: Target,
): boolean {
  const isolating = world.policies.filter((policy) => appliesTo(policy, end) && typesOf(policy).includes(direction));
  // A pod that no policy isolates in this direction is open; policies of isolated pods add up.
  if (isolating.length === 0) return true;
  const destination = direction === "Egress" ? other : end;
  return isolating.some(({ metadata, spec }) => {
    const rules =
      direction === "Ingress"
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.some(
      ({ peers, ports }) =>
        (!peers?.length || peers.some((peer) => isPeer(peer, metadata.namespace, other, world))) &&
        (!ports?.length || ports.some((port) => opens(port, destination, target))),
    );
  });
}

/** Whether a policy selects an end of a connection. */
export function appliesTo({ metadata, spec }: Policy, end: Endpoint): boolean {
  return end.namespace === metadata.namespace && selects(spec.podSelector, end.labels ?? {});
}

/** Without policyTypes a policy is about ingress, and about egress if it has egress rules. */
function typesOf({ spec }: Policy): readonly string[] {
  if (spec.policyTypes?.length) return spec.policyTypes;
  return spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

function isPeer(peer: PolicyPeer, policyNamespace: string, other: Endpoint, { namespaces }: PolicyWorld): boolean {
  // The reference leaves open whether pods' addresses count; a rule that would admit them by address counts as open.
  if (peer.ipBlock)
    return contains(peer.ipBlock.cidr, other.ip) && !peer.ipBlock.except?.some((cidr) => contains(cidr, other.ip));
  if (other.namespace === undefined) return false;
  const namespaceLabels = { ...namespaces[other.namespace], "kubernetes.io/metadata.name": other.namespace };
  const inNamespace = peer.namespaceSelector
    ? selects(peer.namespaceSelector, namespaceLabels)
    : other.namespace === policyNamespace;
  return inNamespace && (!peer.podSelector || selects(peer.podSelector, other.labels ?? {}));
}

function opens({ protocol = "TCP", port, endPort }: PolicyPort, destination: Endpoint, target: Target): boolean {
  if (protocol !== target.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === "string") return destination.ports?.[port] === target.port;
  return endPort === undefined ? port === target.port : port <= target.port && target.port <= endPort;
}

function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      throw new RangeError(`No such operator: ${operator}`);
    })
  );
}

const blocks = new Map<string, BlockList>();

function contains(cidr: string, ip: string): boolean {
  const [address = "", length = ""] = cidr.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const block = blocks.get(cidr) ?? new BlockList();
  if (!blocks.has(cidr)) {
    block.addSubnet(address, Number(length), family);
    blocks.set(cidr, block);
  }
  return isIPv6(ip) === (family === "ipv6") && block.check(ip, family);
}
