import { type Facts, list } from "../facts.ts";
import type { Rule } from "../finding.ts";
import { DNS } from "../relations.ts";
import { matches, nameOf, subjectOf } from "../workloads.ts";

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string | undefined>>;
  readonly matchExpressions?: readonly object[];
}

/** Who is let in where, in the API's own words: the client's types call `from` otherwise. */
interface IngressRule {
  readonly from?: readonly { readonly ipBlock?: object; readonly namespaceSelector?: Selector }[];
  readonly ports?: readonly { readonly port?: number | string; readonly endPort?: number }[];
}

/** Port on which everybody asks a DNS; its pods may listen on another. */
const PORT = 53;

/** The cluster's DNS does not answer, so that nothing finds anything by name. */
export const dnsDown: Rule = (facts) => {
  const service = list(facts, "Service").find(
    ({ metadata }) => metadata?.namespace === DNS.namespace && metadata?.name === DNS.name,
  );
  // Simulated pods resolve nothing: most such clusters have no DNS.
  if (service === undefined) return [];
  const pods = list(facts, "Pod").filter(({ metadata }) => metadata?.namespace === DNS.namespace);
  const ready = pods.filter(({ status }) =>
    status?.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True"),
  );
  if (ready.length > 0) return [];
  return [
    {
      rule: "dns-down",
      about: DNS,
      stage: "failure",
      severity: "failing",
      says: `The cluster's DNS is down: ${pods.length === 0 ? "it has no pod" : "none of its pods is ready"}, so no service finds another by name.`,
      evidence: [
        `Service ${DNS.namespace ?? ""}/${DNS.name} has ${pods.length} pods, none ready`,
        ...pods
          .slice(0, 3)
          .map(({ metadata, status }) => `Pod ${metadata?.name ?? ""} is ${status?.phase ?? "Unknown"}`),
      ],
      next: `${facts.target.kubectl} get deployments,pods -n ${DNS.namespace ?? ""} -l k8s-app=kube-dns`,
      follows: ["backed-by"],
    },
  ];
};

/** Policies of the DNS's own namespace let nobody of the environment ask it. */
export const blockedDns: Rule = (facts) => {
  const pods = list(facts, "Pod").filter(({ metadata }) => metadata?.namespace === DNS.namespace);
  const policies = list(facts, "NetworkPolicy").filter(
    ({ metadata, spec }) =>
      metadata?.namespace === DNS.namespace &&
      (spec?.policyTypes ?? ["Ingress"]).includes("Ingress") &&
      pods.some((pod) => mayMatch(spec?.podSelector, pod.metadata?.labels)),
  );
  const guarding = policies.filter(({ spec }) => isCertain(spec?.podSelector));
  const rules = policies.flatMap(({ spec }) => (spec?.ingress ?? []) as readonly IngressRule[]);
  if (guarding.length === 0 || rules.some((rule) => letsIn(rule, facts))) return [];
  const names = guarding.map((policy) => nameOf(subjectOf("NetworkPolicy", policy), facts));
  return [
    {
      rule: "dns-blocked",
      about: DNS,
      stage: "failure",
      severity: "warning",
      says: `Nothing of ${facts.target.name} may ask the cluster's DNS: ${names.join(", ")} lets no such question in.`,
      evidence: names.map(
        (name) => `${name} selects the DNS's pods, and has no rule that lets port ${PORT} in from here`,
      ),
      next: `${facts.target.kubectl} get networkpolicies -n ${DNS.namespace ?? ""} -o yaml; let UDP and TCP port ${PORT} in from all namespaces`,
    },
  ];
};

/** Whether a rule may let a question from the environment in: what can't be told from here counts as if it did. */
function letsIn({ from = [], ports = [] }: IngressRule, facts: Facts): boolean {
  const service = list(facts, "Service").find(
    ({ metadata }) => metadata?.namespace === DNS.namespace && metadata?.name === DNS.name,
  );
  const targets = [PORT, ...(service?.spec?.ports ?? []).flatMap(({ name, targetPort }) => [name, targetPort])];
  const isPort = ports.some(
    ({ port, endPort }) => port === undefined || endPort !== undefined || targets.includes(port),
  );
  return (ports.length === 0 || isPort) && (from.length === 0 || from.some((peer) => isOurs(peer, facts)));
}

function isOurs({ ipBlock, namespaceSelector }: NonNullable<IngressRule["from"]>[number], facts: Facts): boolean {
  if (ipBlock !== undefined) return true;
  const own = list(facts, "Namespace").find(({ metadata }) => metadata?.name === facts.target.name);
  // Without one, only the DNS's own namespace is meant.
  return namespaceSelector !== undefined && (own === undefined || mayMatch(namespaceSelector, own.metadata?.labels));
}

/** Whether a selector may select what has labels; expressions are taken to. */
function mayMatch(
  { matchLabels = {} }: Selector = {},
  labels: Readonly<Record<string, string | undefined>> = {},
): boolean {
  return matches(matchLabels, labels);
}

function isCertain({ matchExpressions = [] }: Selector = {}): boolean {
  return matchExpressions.length === 0;
}
