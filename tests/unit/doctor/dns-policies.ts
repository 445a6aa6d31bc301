import type { Facts } from "../../../doctor/facts.ts";
import type { Breakage } from "./breakages.ts";
import { ended } from "./on-call.ts";
import type { healthy } from "./shop.ts";

type Shop = ReturnType<typeof healthy>;

/** Policies for the cluster's DNS, while something looks for a name. */
function guardDns(facts: Shop, ...ingresses: readonly (object[] | undefined)[]): void {
  const labels = { "k8s-app": "kube-dns" };
  const metadata = { namespace: "kube-system", name: "coredns-1", labels };
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  facts.objects.Pod = [...(facts.objects.Pod ?? []), { metadata, spec: { nodeName: "node-1" }, status }];
  const ports = [{ name: "dns", port: 53, targetPort: 1053 }];
  const service = { metadata: { namespace: "kube-system", name: "kube-dns" }, spec: { selector: labels, ports } };
  facts.objects.Service = [...(facts.objects.Service ?? []), service];
  const policies = ingresses.map((ingress, index) => ({
    metadata: { namespace: "kube-system", name: `closed-${index}` },
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress },
  }));
  facts.objects.NetworkPolicy = [
    ...(facts.objects.NetworkPolicy ?? []),
    ...(policies as NonNullable<Facts["objects"]["NetworkPolicy"]>),
  ];
  ended(facts, { exitCode: 1, reason: "Error" }, "Error: getaddrinfo EAI_AGAIN api");
}

const BLOCKED =
  /^Nothing of shop-dev may ask the cluster's DNS: NetworkPolicy closed-0 in kube-system lets no such question in\.$/;
const NOT_BLOCKED = /^Deployment web ends again and again: container web exits with code 1 \(Error: getaddrinfo/;

/** Has a policy select its pods by an expression, which is not worked out. */
function select(facts: Shop, name: string): void {
  const podSelector = { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns"] }] };
  facts.objects.NetworkPolicy = facts.objects.NetworkPolicy?.map((policy) =>
    policy.metadata?.name === name ? { ...policy, spec: { ...policy.spec, podSelector } } : policy,
  );
}

/** A name that is not found, and not because of policies. */
function allowing(whom: string, ingress: object): Breakage {
  return {
    name: `a name that is not found, where policies let ${whom} ask the cluster's DNS`,
    firstLine: NOT_BLOCKED,
    change: (facts) => {
      guardDns(facts, undefined, [ingress]);
    },
  };
}

/** What policies in the namespace of the cluster's DNS do to an environment that looks for a name. */
export const DNS_POLICIES: readonly Breakage[] = [
  {
    name: "a policy that lets nobody ask the cluster's DNS",
    firstLine: BLOCKED,
    change: (facts) => {
      guardDns(facts, undefined);
    },
  },
  {
    name: "a policy that lets only its own namespace ask the cluster's DNS",
    firstLine: BLOCKED,
    change: (facts) => {
      guardDns(facts, [{ from: [{ podSelector: {} }] }]);
    },
  },
  {
    name: "a policy that lets only another namespace ask the cluster's DNS",
    firstLine: BLOCKED,
    change: (facts) => {
      guardDns(facts, [{ from: [{ namespaceSelector: { matchLabels: { team: "other" } } }] }]);
    },
  },
  {
    name: "a policy that lets everybody reach the DNS's metrics only",
    firstLine: BLOCKED,
    change: (facts) => {
      guardDns(facts, [{ ports: [{ port: 9153, protocol: "TCP" }] }]);
    },
  },
  {
    name: "a name that is not found, where a policy may be about other pods than the DNS's",
    firstLine: NOT_BLOCKED,
    change: (facts) => {
      guardDns(facts, undefined);
      select(facts, "closed-0");
    },
  },
  {
    name: "a name that is not found, where a policy that may be about the DNS's pods lets everybody ask",
    firstLine: NOT_BLOCKED,
    change: (facts) => {
      guardDns(facts, undefined, [{}]);
      select(facts, "closed-1");
    },
  },
  allowing("everybody", {}),
  allowing("all namespaces", { from: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: "UDP" }] }),
  allowing("addresses", { from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }),
  allowing("what asks the pods' own port", { ports: [{ port: 1053, protocol: "UDP" }] }),
  allowing("what asks a port by name", { ports: [{ port: "dns", protocol: "UDP" }] }),
  allowing("what asks a range of ports", { ports: [{ port: 1, endPort: 1024, protocol: "UDP" }] }),
];
