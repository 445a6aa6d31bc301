import { type Matrix, undeclaredPort } from "../../../netcheck/matrix.ts";
import type { LabelSelector, Policy, PolicyPeer, PolicyPort } from "../network-policy-evaluator.ts";

/** One thing that somebody could change in a policy. */
export interface Mutation {
  readonly policy: Policy;
  /** What is changed, e.g. "egress rule 2: any peer". */
  readonly what: string;
  /** The policy as it is then; undefined: it is deleted. */
  readonly mutated: Policy | undefined;
  /** Mutations with the same one differ only in the part that is let in. @default none is like it */
  readonly alike?: string;
}

/** A rule of either direction. */
interface Rule {
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
}

/** What mutations widen rules by. */
export interface Widening {
  /** Parts of the environment as peers, by name; of a policy's own pods nothing can tell. */
  readonly parts: (policy: Policy) => Readonly<Record<string, PolicyPeer>>;
  /** A port beyond those of a rule on which somebody answers at its peers. */
  readonly port: (peers: readonly PolicyPeer[]) => number;
}

const DIRECTIONS = ["ingress", "egress"] as const;
type Direction = (typeof DIRECTIONS)[number];

const ANY_ADDRESS = "0.0.0.0/0";
const NAMESPACE_LABEL = "kubernetes.io/metadata.name";

const MANY_PEERS: Readonly<Record<string, PolicyPeer>> = {
  "every pod of the namespace": { podSelector: {} },
  "every namespace": { namespaceSelector: {} },
  "every address": { ipBlock: { cidr: ANY_ADDRESS } },
};

/**
 * What rules can be widened by where a matrix has somebody who notices: its parts, and ports on which its canaries, or
 * what else it tries, listen.
 */
export function wideningOf({ roles, checks }: Matrix, dnsNamespace: string): Widening {
  const undeclared = undeclaredPort(roles);
  const portOf = (place: string): number => checks.findLast(({ to }) => to.startsWith(place))?.port ?? undeclared;
  return {
    parts: ({ metadata, spec }) =>
      Object.fromEntries(
        roles
          .filter(({ kind, labels }) => (kind === "part" || kind === "collector") && !isSelected(spec, labels))
          .map(({ name, namespace, labels }) => [
            name,
            {
              podSelector: { matchLabels: labels },
              ...(namespace === metadata.namespace ? {} : { namespaceSelector: inNamespace(namespace) }),
            },
          ]),
      ),
    port: ([peer]) => {
      const { namespaceSelector, ipBlock } = peer ?? {};
      if (namespaceSelector?.matchLabels?.[NAMESPACE_LABEL] === dnsNamespace) return portOf("beside cluster DNS");
      if (ipBlock?.except) return portOf("outside");
      return ipBlock && ipBlock.cidr !== ANY_ADDRESS ? portOf("beside Kubernetes API") : undeclared;
    },
  };
}

function inNamespace(name: string): LabelSelector {
  return { matchLabels: { [NAMESPACE_LABEL]: name } };
}

function isSelected({ podSelector }: Policy["spec"], labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(podSelector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}

/** Every way to delete or widen a policy, one rule of it, or one word of a rule. */
export function mutationsOf(policy: Policy, widening: Widening): Mutation[] {
  return [
    { policy, what: "deleted", mutated: undefined },
    ...ofTypes(policy),
    ...ofSelector(policy),
    ...DIRECTIONS.flatMap((direction) =>
      rulesOf(policy, direction).flatMap((_, index) => ofRule(policy, direction, index, widening)),
    ),
  ];
}

function ofTypes(policy: Policy): Mutation[] {
  const { policyTypes = [] } = policy.spec;
  if (policyTypes.length < 2) return [];
  return policyTypes.map((dropped) => {
    const left = policyTypes.filter((type) => type !== dropped);
    return {
      policy,
      what: `type ${dropped} dropped`,
      mutated: { ...policy, spec: { ...policy.spec, policyTypes: left } },
    };
  });
}

function ofSelector(policy: Policy): Mutation[] {
  if (Object.keys(policy.spec.podSelector).length === 0) return [];
  return [{ policy, what: "selects every pod", mutated: { ...policy, spec: { ...policy.spec, podSelector: {} } } }];
}

function ofRule(policy: Policy, direction: Direction, index: number, widening: Widening): Mutation[] {
  const rules = rulesOf(policy, direction);
  const rule = rules[index];
  if (rule === undefined) return [];
  const { peers, ports } = rule;
  const into = (what: string, ...changed: Rule[]): Mutation => ({
    policy,
    what: `${direction} rule ${index + 1}: ${what}`,
    mutated: withRules(policy, direction, rules.toSpliced(index, 1, ...changed)),
  });
  const extra = widening.port(peers);
  return [
    into("deleted"),
    into("any peer", { peers: [], ports }),
    ...Object.entries(MANY_PEERS).map(([name, peer]) => into(`and ${name}`, { peers: [...peers, peer], ports })),
    ...Object.entries(widening.parts(policy)).map(([name, peer]) => ({
      ...into(`and ${name}`, { peers: [...peers, peer], ports }),
      alike: `${policy.metadata.name} ${direction} ${index}`,
    })),
    ...(ports.length === 0
      ? []
      : [
          into("any port", { peers, ports: [] }),
          into(`and port ${extra}`, { peers, ports: [...ports, { protocol: "TCP", port: extra }] }),
        ]),
    ...(ports.length < 2
      ? []
      : ports.map(({ protocol, port }, at) =>
          into(`not port ${port}/${protocol}`, { peers, ports: ports.toSpliced(at, 1) }),
        )),
    ...peers.flatMap(({ ipBlock }, at) => {
      if (ipBlock === undefined) return [];
      const { cidr, except = [] } = ipBlock;
      if (cidr === ANY_ADDRESS && except.length === 0) return [];
      const what = `${ANY_ADDRESS} for ${cidr}${except.length > 0 ? " with exceptions" : ""}`;
      return [into(what, { peers: peers.toSpliced(at, 1, { ipBlock: { cidr: ANY_ADDRESS } }), ports })];
    }),
  ];
}

function rulesOf({ spec }: Policy, direction: Direction): Rule[] {
  return direction === "ingress"
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
}

function withRules(policy: Policy, direction: Direction, rules: readonly Rule[]): Policy {
  const changed =
    direction === "ingress"
      ? { ingress: rules.map(({ peers, ports }) => ({ from: peers, ports })) }
      : { egress: rules.map(({ peers, ports }) => ({ to: peers, ports })) };
  return { ...policy, spec: { ...policy.spec, ...changed } };
}
