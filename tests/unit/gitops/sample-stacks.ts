import { resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import type { KubeObject } from "../../../gitops/kube-object.ts";
import type { StackObjects } from "../../../gitops/tree.ts";

/** What tells a sample stack from another. */
export interface SampleArgs {
  readonly replicas?: number;
  readonly deletion?: "protect" | "delete";
  readonly extra?: readonly KubeObject[];
}

/** An object of a sample stack, labelled as components label theirs. */
export function sampleObject(
  stack: string,
  [apiVersion, kind, name]: readonly [string, string, string],
  part: readonly [name: string, role: string],
  rest: object = {},
): KubeObject {
  const labels = {
    "app.kubernetes.io/name": part[0],
    "app.kubernetes.io/component": part[1],
    "app.kubernetes.io/instance": `shop-${stack}`,
  };
  const namespace = kind === "Namespace" ? {} : { namespace: `shop-${stack}` };
  return { apiVersion, kind, metadata: { labels, name, ...namespace }, ...rest };
}

/** A stack with pages, a database and its migration, as an export sees it. */
export function sampleStack(
  stack: string,
  { replicas = 1, deletion = "delete", extra = [] }: SampleArgs = {},
): StackObjects {
  const image = "registry.example.com/shop:1.0.0";
  const spec: EnvironmentSpec = {
    name: `shop-${stack}`,
    tier: "dev",
    application: "shop",
    observability: { enabled: false },
    dataStores: { postgres: { engine: "postgres", deletion } },
    migrations: { "shop-migrate": { image, dataStore: "postgres", command: ["node", "migrate.js"] } },
    services: { "shop-mf": { image, ports: { http: 8080 }, calls: ["postgres"] } },
  };
  const selector = { "app.kubernetes.io/name": "shop-mf", "app.kubernetes.io/instance": `shop-${stack}` };
  const pages = ["shop-mf", "microfrontend"] as const;
  const store = ["postgres", "database"] as const;
  const objects = [
    sampleObject(stack, ["v1", "Namespace", `shop-${stack}`], [`shop-${stack}`, "namespace"]),
    sampleObject(stack, ["networking.k8s.io/v1", "NetworkPolicy", "default-deny"], ["default-deny", "network"]),
    sampleObject(stack, ["apps/v1", "Deployment", "shop-mf"], pages, {
      spec: {
        replicas,
        selector: { matchLabels: selector },
        template: { spec: { containers: [{ name: "shop-mf", image }] } },
      },
    }),
    sampleObject(stack, ["v1", "Secret", "shop-mf"], pages, { data: { TOKEN: Buffer.from(stack).toString("base64") } }),
    sampleObject(stack, ["apps/v1", "StatefulSet", "postgres"], store, { spec: { serviceName: "postgres-headless" } }),
    sampleObject(stack, ["batch/v1", "Job", "shop-migrate"], ["shop-migrate", "migration"]),
    ...extra,
  ];
  return { stack, environment: resolveEnvironment(spec), objects };
}
