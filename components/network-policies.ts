import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  declaredEdges,
  DNS_PORT,
  HTTPS_PORT,
  KUBE_STATE,
  LOG_COLLECTOR,
  logNamespace,
  OBSERVABILITY_PORTS,
  OWN_PODS,
  PRIVATE_RANGES,
  seedName,
  selectorLabels,
  type PostgresSeed,
  type ResolvedEnvironment,
} from "../spec/index.ts";
import { Component, type ComponentArgs, type ObjectMetadata } from "./component.ts";

type Rule<K extends "to" | "from"> = { readonly [P in K]: readonly Peer[] } & { readonly ports: readonly Port[] };

/** Who a rule is about. */
export interface Peer {
  readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
/** A port that a rule opens. */
export interface Port {
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
}
/** A NetworkPolicy's spec as plain data. */
export interface PolicySpec {
  readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly policyTypes: readonly ("Ingress" | "Egress")[];
  readonly ingress?: readonly Rule<"from">[];
  readonly egress?: readonly Rule<"to">[];
}

/** What the cluster says about itself that policies need. */
export interface ApiServerAddress {
  /** CIDR of the API server behind its Service, e.g. "172.18.0.2/32". */
  readonly cidr: string;
  /** TCP port there, e.g. 6443. */
  readonly port: number;
}

/** Where the API server may be when its address isn't known: anywhere, on its usual ports. */
export const ANY_API_SERVER: readonly ApiServerAddress[] = [
  { cidr: "0.0.0.0/0", port: 443 },
  { cidr: "0.0.0.0/0", port: 6443 },
];

/**
 * The policies that hold for every pod of an environment, by object name: default deny in both directions, DNS, and
 * what the network options open for all.
 */
export function environmentPolicies({ network }: ResolvedEnvironment): Record<string, PolicySpec> {
  const everyPod = {};
  const policies: Record<string, PolicySpec> = {
    "default-deny": { podSelector: everyPod, policyTypes: ["Ingress", "Egress"] },
    "allow-dns": {
      podSelector: everyPod,
      policyTypes: ["Egress"],
      egress: [
        { to: [inNamespace(network.dnsNamespace)], ports: [{ protocol: "UDP", port: DNS_PORT }, tcp(DNS_PORT)] },
      ],
    },
  };
  if (network.allowWithinNamespace) {
    policies["allow-within-namespace"] = {
      podSelector: everyPod,
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: {} }], ports: [] }],
      egress: [{ to: [{ podSelector: {} }], ports: [] }],
    };
  }
  if (network.httpsEgress === "all") {
    policies["allow-https-egress"] = { podSelector: everyPod, policyTypes: ["Egress"], egress: [httpsEgress()] };
  }
  return policies;
}

/**
 * The policy of one part of an environment: its own ingress and egress, generated from the same list of declared edges
 * as its peers', so that each edge is open on both sides and nothing else is.
 *
 * @param name a service, data store, migration, backup job, observability server or exporter.
 * @param apiServer where the API server is, for parts that talk to it. @default anywhere on its usual ports
 */
export function partPolicy(name: string, environment: ResolvedEnvironment, apiServer = ANY_API_SERVER): PolicySpec {
  const { name: instance, network, services, observability } = environment;
  const pod = (part: string): Peer => ({
    ...(part === LOG_COLLECTOR ? inNamespace(logNamespace(instance)) : {}),
    podSelector: { matchLabels: selectorLabels({ name: part, instance }) },
  });
  const edges = declaredEdges(environment);
  const ingress: Rule<"from">[] = edges
    .filter((edge) => edge.to === name)
    .map((edge) => ({ from: [pod(edge.from)], ports: edge.ports.map(tcp) }));
  const egress: Rule<"to">[] = edges
    .filter((edge) => edge.from === name)
    .map((edge) => ({ to: [pod(edge.to)], ports: edge.ports.map(tcp) }));

  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  const exposed = service?.expose && service.ports[service.expose.port];
  if (exposed) ingress.push({ from: [ingressController(network)], ports: [tcp(exposed)] });
  const nodePort = service?.nodePort && service.ports["http"];
  if (nodePort) ingress.push(fromAnywhere(nodePort));
  if (service?.internet) egress.push(httpsEgress());
  for (const { cidr, ports } of service?.egress ?? [])
    egress.push({ to: [{ ipBlock: { cidr } }], ports: ports.map(tcp) });
  const dump = dumpOf(name, environment);
  if (dump?.egress.length === 0) egress.push(httpsEgress());
  for (const { cidr, ports } of dump?.egress ?? []) egress.push({ to: [{ ipBlock: { cidr } }], ports: ports.map(tcp) });
  const metrics = service?.metrics && service.ports[service.metrics.port];
  if (metrics && observability.serviceMonitors === "always") {
    ingress.push({ from: [inNamespace(observability.monitoringNamespace)], ports: [tcp(metrics)] });
  }
  if (name === "prometheus" && observability.previews) {
    egress.push({ to: [{ namespaceSelector: {}, podSelector: { matchLabels: OWN_PODS } }], ports: [] });
  }
  if (name === "prometheus" && observability.felix) {
    const { nodes, port } = observability.felix;
    egress.push({ to: [{ ipBlock: { cidr: nodes } }], ports: [tcp(port)] });
  }
  if (metrics && observability.sharedStack !== undefined) {
    const reader = selectorLabels({ name: "prometheus", instance: observability.sharedStack });
    ingress.push({
      from: [{ ...inNamespace(observability.sharedStack), podSelector: { matchLabels: reader } }],
      ports: [tcp(metrics)],
    });
  }
  if (name === "grafana" && observability.grafana.hostnames.length > 0) {
    ingress.push({ from: [ingressController(network)], ports: [tcp(OBSERVABILITY_PORTS.grafana)] });
  }
  if (name === "alertmanager") {
    egress.push(httpsEgress());
    for (const { cidr, ports } of observability.alertmanager.egress)
      egress.push({ to: [{ ipBlock: { cidr } }], ports: ports.map(tcp) });
  }
  if (name === "loki" && observability.collector.enabled) {
    ingress.push({ from: [inNamespace(logNamespace(instance))], ports: [tcp(OBSERVABILITY_PORTS.loki)] });
  }
  if (name === "prometheus" || name === KUBE_STATE || service?.serviceAccountToken) {
    for (const { cidr, port } of apiServer) egress.push({ to: [{ ipBlock: { cidr } }], ports: [tcp(port)] });
  }
  return {
    podSelector: { matchLabels: selectorLabels({ name, instance }) },
    policyTypes: ["Ingress", "Egress"],
    ingress,
    egress,
  };
}

/** Opens a server of the observability stack to whatever reaches its NodePort. */
export function withNodePortIngress(policy: PolicySpec, port: number): PolicySpec {
  return { ...policy, ingress: [...(policy.ingress ?? []), fromAnywhere(port)] };
}

/** Turns a policy's spec into the object's `spec` argument. */
export function toNetworkPolicySpec(spec: PolicySpec): k8s.types.input.networking.v1.NetworkPolicySpec {
  return structuredClone(spec) as k8s.types.input.networking.v1.NetworkPolicySpec;
}

/** Arguments of {@link createNetworkPolicy}. */
export interface NetworkPolicyArgs {
  readonly metadata: ObjectMetadata;
  readonly policy: PolicySpec;
}

/** Creates the policy of one part. */
export function createNetworkPolicy(
  name: string,
  { metadata, policy }: NetworkPolicyArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const spec = toNetworkPolicySpec(policy);
  return new k8s.networking.v1.NetworkPolicy(`${name}-network-policy`, { metadata, spec }, opts);
}

/** Arguments of {@link EnvironmentPolicies}. */
export interface EnvironmentPoliciesArgs extends ComponentArgs {
  readonly environment: ResolvedEnvironment;
}

/** The environment-wide NetworkPolicies; pods wait for them, so none ever runs unconfined. */
export class EnvironmentPolicies extends Component {
  /** The policies, to depend on. */
  readonly policies: readonly pulumi.Resource[];

  constructor(name: string, args: EnvironmentPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("EnvironmentPolicies", name, args, opts);
    this.policies = Object.entries(environmentPolicies(args.environment)).map(
      ([policy, spec]) =>
        new k8s.networking.v1.NetworkPolicy(
          `${name}-${policy}`,
          { metadata: this.metadata(policy, { name: policy, component: "network" }), spec: toNetworkPolicySpec(spec) },
          this.child(),
        ),
    );
    this.registerOutputs({});
  }
}

/** The dump that a job fetches for a Postgres store; undefined for every other part. */
function dumpOf(part: string, { dataStores }: ResolvedEnvironment): PostgresSeed["dump"] {
  const [, store] = Object.entries(dataStores).find(([name]) => seedName(name) === part) ?? [];
  return store?.engine === "postgres" ? store.seed?.dump : undefined;
}

/** All pods of a namespace. */
export function inNamespace(namespace: string): Peer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

function ingressController({ ingressNamespace, ingressPods }: ResolvedEnvironment["network"]): Peer {
  return { ...inNamespace(ingressNamespace), ...(ingressPods ? { podSelector: { matchLabels: ingressPods } } : {}) };
}

function tcp(port: number): Port {
  return { protocol: "TCP", port };
}

/** What comes through a NodePort keeps its source address or gets a node's: neither can be told apart from others. */
function fromAnywhere(port: number): Rule<"from"> {
  return { from: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [tcp(port)] };
}

/** Public addresses at the port of HTTPS. */
export function httpsEgress(): Rule<"to"> {
  return { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: PRIVATE_RANGES } }], ports: [tcp(HTTPS_PORT)] };
}
