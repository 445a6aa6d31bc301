import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT } from "../engine/checkout.ts";
import type { Certificate } from "./certificate.ts";
import { eventually } from "./eventually.ts";
import { objectsIn } from "./kubectl.ts";

/** A Gateway object, and the namespace that its pods run in as well. */
export const GATEWAY = { name: "public", namespace: "gateway-tests" } as const;
/** Labels of the gateway's pods that network policies select on. */
export const GATEWAY_PODS = { "app.kubernetes.io/name": "gateway" } as const;
/** The program: an implementation of the Gateway API that can be made without a registry of images. */
export const GATEWAY_IMAGE = "traefik:v3.7.13";

/** Netcheck's canary has the labels of policies and must not get requests: what leads to the real pods selects one more. */
const SELECTED = { ...GATEWAY_PODS, run: "traefik" };
/** Objects without a namespace. */
const CLUSTER_WIDE = "gateway-tests";
const ACCOUNT = "traefik";
/** Traefik wants a listener to have the port of an entry point. */
const PORTS = [80, 443] as const;
const PROGRAMMED_TIMEOUT_MS = 60_000;

const { run, read } = objectsIn(GATEWAY.namespace);

/** A condition of an object of the Gateway API. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

interface GatewayObject {
  readonly status?: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly conditions?: readonly Condition[];
  };
}

/** The guide's Gateway, which ends TLS, and its route that sends everybody else there. */
const [ofGuide, redirect] = objectsOfGuide();

/**
 * Brings the gateway up, with listeners that have TLS and that have none.
 *
 * @returns what it says its address is, once it says that it takes routes.
 */
export async function startGateway(certificate: Certificate): Promise<string> {
  await apply(...surroundings(), secret(certificate));
  const { spec } = await read<{ spec: { clusterIP: string } }>("service", "gateway");
  await apply(deployment(spec.clusterIP), gatewayClass(), gateway("All"));
  await run(["rollout", "status", "deployment/gateway", "--timeout=120s"]);
  return eventually(
    "a programmed gateway",
    async () => {
      const { status } = await read<GatewayObject>("gateways.gateway.networking.k8s.io", GATEWAY.name);
      const isProgrammed = status?.conditions?.some(
        ({ type, status: holds }) => type === "Programmed" && holds === "True",
      );
      return isProgrammed === true ? status?.addresses?.[0]?.value : undefined;
    },
    { timeoutMs: PROGRAMMED_TIMEOUT_MS },
  );
}

/** Has all listeners take routes of all namespaces, or of the gateway's own alone. */
export async function admitRoutes(from: "All" | "Same"): Promise<void> {
  await apply(gateway(from));
}

/** Has the gateway be as the guide has it: who comes without TLS is sent to where there is TLS. */
export async function insistOnTls(): Promise<void> {
  await apply(gateway(), { ...redirect, metadata: { ...redirect.metadata, namespace: GATEWAY.namespace } });
}

/** Removes all of it. */
export async function removeGateway(): Promise<void> {
  for (const kind of ["namespace", "gatewayclass", "clusterrolebinding", "clusterrole"])
    await run(["delete", kind, CLUSTER_WIDE, "--ignore-not-found"]);
}

/** What the gateway's program has written lately. */
export async function gatewayLog(): Promise<string> {
  return run(["logs", "deployment/gateway", "--tail=50"]);
}

async function apply(...items: readonly object[]): Promise<void> {
  await run(["apply", "--server-side", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** What the program needs before it starts. */
function surroundings(): object[] {
  const metadata = { name: CLUSTER_WIDE };
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  const { namespace } = GATEWAY;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: ACCOUNT, namespace } },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules: RULES },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: CLUSTER_WIDE },
      subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace }],
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "gateway", namespace },
      spec: { selector: SELECTED, ports: PORTS.map((port) => ({ name: `port-${port}`, port })) },
    },
  ];
}

/** @see https://doc.traefik.io/traefik/reference/dynamic-configuration/kubernetes-gateway-rbac.yml */
const ROUTES = ["httproutes", "grpcroutes", "tcproutes", "tlsroutes", "backendtlspolicies"];
const GATEWAY_KINDS = ["gatewayclasses", "gateways", "referencegrants", ...ROUTES];
const READ = ["get", "list", "watch"];
const RULES = [
  { apiGroups: [""], resources: ["namespaces", "services", "secrets", "configmaps"], verbs: READ },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
  { apiGroups: ["gateway.networking.k8s.io"], resources: GATEWAY_KINDS, verbs: READ },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: GATEWAY_KINDS.map((kind) => `${kind}/status`),
    verbs: ["update"],
  },
];

function deployment(address: string): object {
  const container = {
    name: "traefik",
    image: GATEWAY_IMAGE,
    args: [
      ...PORTS.map((port) => `--entrypoints.port-${port}.address=:${port}`),
      "--ping",
      "--providers.kubernetesgateway",
      `--providers.kubernetesgateway.statusaddress.ip=${address}`,
      "--global.checknewversion=false",
      "--global.sendanonymoususage=false",
    ],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "1", memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/ping", port: 8080 }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 65532,
    seccompProfile: { type: "RuntimeDefault" },
    // Ports below 1024 without a capability.
    sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "gateway", namespace: GATEWAY.namespace },
    spec: {
      selector: { matchLabels: SELECTED },
      template: {
        metadata: { labels: SELECTED },
        spec: {
          serviceAccountName: ACCOUNT,
          terminationGracePeriodSeconds: 0,
          containers: [container],
          securityContext,
        },
      },
    },
  };
}

function gatewayClass(): object {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: CLUSTER_WIDE },
    spec: { controllerName: "traefik.io/gateway-controller" },
  };
}

/** @param from whose routes its listeners take. @default as the guide says */
function gateway(from?: "All" | "Same"): object {
  const allowedRoutes = { namespaces: { from } };
  const { listeners } = ofGuide.spec;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: GATEWAY,
    spec: {
      gatewayClassName: CLUSTER_WIDE,
      listeners: from ? listeners.map((listener) => ({ ...listener, allowedRoutes })) : listeners,
    },
  };
}

/** The certificate, where the guide's listener looks for it. */
function secret({ certificate, key }: Certificate): object {
  const [name] = ofGuide.spec.listeners.flatMap(({ tls }) => tls?.certificateRefs ?? []);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { ...name, namespace: GATEWAY.namespace },
    stringData: { "tls.crt": certificate, "tls.key": key },
  };
}

/** As far as they are looked at. */
type ObjectsOfGuide = readonly [
  {
    readonly spec: {
      readonly listeners: readonly { readonly tls?: { readonly certificateRefs: readonly object[] } }[];
    };
  },
  { readonly metadata: object },
];

function objectsOfGuide(): ObjectsOfGuide {
  const guide = readFileSync(join(PROJECT, "docs/guides/networks.md"), "utf8");
  const found = guide.matchAll(/```yaml\n(apiVersion: gateway[^]*?)```/g);
  return [...found].map(([, text]) => parse(text ?? "") as unknown) as unknown as ObjectsOfGuide;
}
