import { HTTPS_PORT, PREVIEW_ENVIRONMENT, selectorLabels } from "../../spec/index.ts";
import { ACTIVATOR_ADMIN_PORT, activatorLabels } from "../names.ts";
import type { Installation } from "./installation.ts";
import type { Manifest } from "./manifest.ts";
import { SERVICE } from "./names.ts";

/** What an installation knows of the cluster. */
export interface ApiServerAddress {
  readonly cidr: string;
  readonly port: number;
}

const POSTGRES_PORT = 5432;
const HTTP_PORT = 80;
const EVERYWHERE = "0.0.0.0/0";

/**
 * Policies beyond those of the service's environment, which close everything but DNS and, for the service, the API server:
 * metrics come in from the namespace of the monitoring, and both the service and its Jobs reach the state; the activator does not.
 */
export function networkManifests(installation: Installation, apiServer: readonly ApiServerAddress[]): Manifest[] {
  const { namespace, config, stateAddress } = installation;
  const service = selectorLabels({ name: SERVICE, instance: namespace });
  const monitoring = { "kubernetes.io/metadata.name": config.http.metricsFrom };
  const outside = outsideOf(stateAddress, config.runner.state.secretsProvider);
  return [
    policy(namespace, "allow-metrics", service, {
      ingress: [{ from: [{ namespaceSelector: { matchLabels: monitoring } }], ports: [tcp(config.http.port)] }],
    }),
    ...callers(namespace, service, config.http),
    ...(config.sleep.activator ? activatorPolicies(namespace, monitoring) : []),
    ...(outside.length > 0 ? [policy(namespace, "allow-state", service, { egress: outside.map(to) })] : []),
    ...(config.pullRequests.github === undefined
      ? []
      : [
          policy(namespace, "allow-pull-requests", service, { egress: [to(serverOf(config.pullRequests.github.api))] }),
        ]),
    ...(config.runner.kind === "job"
      ? [
          policy(
            namespace,
            "allow-operations",
            { "app.kubernetes.io/name": "terrarium-operation" },
            { egress: [...apiServer, ...outside].map(to) },
          ),
        ]
      : []),
  ];
}

/** Who asks for the API and the pages, which nobody may where none is named. */
function callers(
  namespace: string,
  service: Readonly<Record<string, string>>,
  { port, callers: { namespaces, networks } }: Installation["config"]["http"],
): Manifest[] {
  const from = [
    ...namespaces.map((name) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } })),
    ...networks.map((cidr) => ({ ipBlock: { cidr } })),
  ];
  if (from.length === 0) return [];
  return [policy(namespace, "allow-callers", service, { ingress: [{ from, ports: [tcp(port)] }] })];
}

/** The activator reaches every port of this platform's environments, whose own policies say which are open to it. */
function activatorPolicies(namespace: string, monitoring: Readonly<Record<string, string>>): Manifest[] {
  const environments = { namespaceSelector: { matchLabels: { [PREVIEW_ENVIRONMENT.labels.platform]: namespace } } };
  const from = [{ namespaceSelector: { matchLabels: monitoring } }];
  return [
    policy(namespace, "allow-activator", activatorLabels(namespace), { egress: [{ to: [environments] }] }),
    policy(namespace, "allow-activator-metrics", activatorLabels(namespace), {
      ingress: [{ from, ports: [tcp(ACTIVATOR_ADMIN_PORT)] }],
    }),
  ];
}

/** Where the pull requests are. */
function serverOf(api: string): ApiServerAddress {
  const { port, protocol } = new URL(api);
  return { cidr: EVERYWHERE, port: port === "" ? (protocol === "https:" ? HTTPS_PORT : HTTP_PORT) : Number(port) };
}

/** Where the state and the key to its secrets are. A name may stand for any address. */
function outsideOf(stateAddress: string | undefined, secretsProvider: string): ApiServerAddress[] {
  const key = secretsProvider === "passphrase" ? [] : [{ cidr: EVERYWHERE, port: HTTPS_PORT }];
  if (stateAddress === undefined) return key;
  if (!stateAddress.startsWith("postgres:")) return [{ cidr: EVERYWHERE, port: HTTPS_PORT }];
  const { hostname, port } = new URL(stateAddress);
  const cidr = /^\d+(\.\d+){3}$/.test(hostname) ? `${hostname}/32` : EVERYWHERE;
  return [{ cidr, port: port === "" ? POSTGRES_PORT : Number(port) }, ...key];
}

function policy(
  namespace: string,
  name: string,
  podLabels: Readonly<Record<string, string>>,
  rules: { readonly ingress: readonly object[] } | { readonly egress: readonly object[] },
): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: podLabels },
      policyTypes: ["ingress" in rules ? "Ingress" : "Egress"],
      ...rules,
    },
  };
}

function to({ cidr, port }: ApiServerAddress): object {
  return { to: [{ ipBlock: { cidr } }], ports: [tcp(port)] };
}

function tcp(port: number): object {
  return { protocol: "TCP", port };
}
