import { request } from "node:http";
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
/** Traefik wants a listener to have the port of an entry point, and has no right to open ports below 1024. */
const PORT = 8000;
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

/** A gateway that runs. */
export interface RunningGateway {
  /** What it says its address is. */
  readonly address: string;
  readonly port: number;
}

/** Brings the gateway up. @returns it, once it says that it takes routes. */
export async function startGateway(): Promise<RunningGateway> {
  await apply(...surroundings());
  const { spec } = await read<{ spec: { clusterIP: string } }>("service", "gateway");
  await apply(deployment(spec.clusterIP), gatewayClass(), gateway("All"));
  await run(["rollout", "status", "deployment/gateway", "--timeout=120s"]);
  const address = await eventually(
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
  return { address, port: PORT };
}

/** Has the gateway take routes of all namespaces, or of its own alone. */
export async function admitRoutes(from: "All" | "Same"): Promise<void> {
  await apply(gateway(from));
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

/** Sends a request for a host to the gateway. */
export function ask(
  { address, port }: RunningGateway,
  host: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, path, headers: { host }, agent: false, timeout: 10_000 };
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${host}${path}: no answer within 10 s`)));
    sent.on("error", reject);
    sent.end();
  });
}

async function apply(...items: readonly object[]): Promise<void> {
  await run(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
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
      spec: { selector: SELECTED, ports: [{ port: PORT }] },
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
      `--entrypoints.web.address=:${PORT}`,
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
  const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
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

function gateway(from: "All" | "Same"): object {
  const listener = { name: "web", protocol: "HTTP", port: PORT, allowedRoutes: { namespaces: { from } } };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: GATEWAY,
    spec: { gatewayClassName: CLUSTER_WIDE, listeners: [listener] },
  };
}
