import fc from "fast-check";

const IMAGE = "registry.example.com/shop/api:1.0.0";

/** Name of the log collector's objects. */
export const LOG_COLLECTOR = "log-collector";

interface ServiceChoice {
  readonly image: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly metrics: false | { readonly port: string };
  readonly calls: readonly string[];
  readonly expose?: { readonly port: string };
  readonly internet: boolean;
  readonly serviceAccountToken: boolean;
  readonly nodePort?: number;
  /** @default none */
  readonly egress?: readonly { readonly cidr: string; readonly ports: readonly number[] }[];
}

/** An environment as the test describes it: the input, so that nothing here rests on how the program resolves it. */
export interface Description {
  readonly name: string;
  readonly tier: "dev" | "staging";
  readonly application: string;
  readonly services: Readonly<Record<string, ServiceChoice>>;
  readonly dataStores: Readonly<
    Record<string, { readonly engine: "postgres"; readonly backup: false | object } | { readonly engine: "redis" }>
  >;
  readonly migrations: Readonly<
    Record<string, { readonly dataStore: string; readonly image: string; readonly command: readonly string[] }>
  >;
  readonly network: {
    readonly ingressNamespace: string;
    readonly dnsNamespace: string;
    readonly allowWithinNamespace: boolean;
    readonly httpsEgress: "declared" | "all";
  };
  readonly observability: {
    readonly enabled: boolean;
    readonly serviceMonitors: "always" | "never";
    readonly nodePorts: boolean;
    readonly prometheus: { readonly enabled: boolean };
    readonly loki: { readonly enabled: boolean };
    readonly grafana: { readonly enabled: boolean };
    readonly collector: {
      readonly enabled: boolean;
      readonly traces?: { readonly endpoint: string; readonly egress?: readonly object[] };
    };
    readonly exporters: Readonly<Record<"kubeState" | "node" | "postgres" | "redis", { readonly enabled: boolean }>>;
  };
}

const SERVICES = ["api", "api-web", "worker"];
const STORES = ["cache", "db"];

const ports = fc.constantFrom<{ ports: Record<string, number>; metrics: false | { port: string }; exposed: string }>(
  { ports: { http: 8080 }, metrics: { port: "http" }, exposed: "http" },
  { ports: { http: 8080 }, metrics: false, exposed: "http" },
  { ports: { http: 8080, grpc: 9000 }, metrics: { port: "http" }, exposed: "grpc" },
  { ports: { http: 8080, metrics: 9464 }, metrics: { port: "metrics" }, exposed: "http" },
  { ports: { metrics: 443, http: 80, grpc: 53 }, metrics: { port: "metrics" }, exposed: "grpc" },
);

function service(name: string): fc.Arbitrary<ServiceChoice> {
  return fc
    .record({
      ports,
      calls: fc.subarray([...SERVICES, ...STORES].filter((other) => other !== name)),
      exposed: fc.boolean(),
      internet: fc.boolean(),
      serviceAccountToken: fc.boolean(),
      nodePort: fc.boolean(),
    })
    .map(({ ports, exposed, nodePort, ...rest }) => ({
      ...rest,
      image: IMAGE,
      ports: ports.ports,
      metrics: ports.metrics,
      ...(exposed ? { expose: { port: ports.exposed } } : {}),
      ...(nodePort ? { nodePort: 30000 + SERVICES.indexOf(name) } : {}),
    }));
}

const on = fc.record({ enabled: fc.boolean() });
const withTraces = { enabled: true, traces: { endpoint: "https://traces.example.com" } };
/** Any environment: random calls, exposed ports, network options, observability. */
export const description: fc.Arbitrary<Description> = fc.record({
  name: fc.constant("shop-dev"),
  tier: fc.constantFrom("dev", "staging"),
  application: fc.constant("shop"),
  services: fc.record({ api: service("api"), "api-web": service("api-web"), worker: service("worker") }),
  dataStores: fc.record({
    db: fc.record({ engine: fc.constant("postgres" as const), backup: fc.constantFrom<false | object>(false, {}) }),
    cache: fc.record({ engine: fc.constant("redis" as const) }),
  }),
  migrations: fc.constantFrom<Description["migrations"]>(
    {},
    { migrate: { dataStore: "db", image: IMAGE, command: ["migrate"] } },
  ),
  network: fc.record({
    ingressNamespace: fc.constantFrom("ingress-nginx", "gateway"),
    dnsNamespace: fc.constantFrom("kube-system", "dns"),
    allowWithinNamespace: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    httpsEgress: fc.constantFrom("declared", "all"),
  }),
  observability: fc
    .record({
      enabled: fc.boolean(),
      serviceMonitors: fc.constantFrom("always", "never"),
      nodePorts: fc.boolean(),
      prometheus: on,
      loki: on,
      grafana: on,
      collector: fc.oneof(on, fc.constant(withTraces)),
      exporters: fc.record({ kubeState: on, node: on, postgres: on, redis: on }),
    })
    .map((chosen) => ("traces" in chosen.collector ? { ...chosen, loki: { enabled: true } } : chosen)),
});

/** The connections that a description opens, said once more and independently: "from > to:port". */
export function declared({ services, dataStores, migrations, observability }: Description): Set<string> {
  const storePort = { postgres: 5432, redis: 6379 };
  const open = new Set<string>();
  for (const [from, { calls }] of Object.entries(services)) {
    for (const to of calls) {
      const store = dataStores[to];
      if (store) open.add(`${from} > ${to}:${storePort[store.engine]}`);
      const callee = services[to];
      for (const [name, port] of Object.entries(callee?.ports ?? {})) {
        if (callee && callee.metrics !== false && name === callee.metrics.port && name !== "http") continue;
        open.add(`${from} > ${to}:${port}`);
      }
    }
  }
  for (const [from, { dataStore }] of Object.entries(migrations)) open.add(`${from} > ${dataStore}:5432`);
  for (const [to, store] of Object.entries(dataStores)) {
    if (store.engine === "postgres" && store.backup !== false) open.add(`${to}-backup > ${to}:5432`);
  }
  if (!observability.enabled) return open;
  const { prometheus, loki, grafana, collector } = observability;
  if (prometheus.enabled) {
    for (const [to, { metrics, ports }] of Object.entries(services)) {
      if (metrics !== false) open.add(`prometheus > ${to}:${ports[metrics.port]}`);
    }
    if (loki.enabled) open.add("prometheus > loki:3100");
    if (grafana.enabled) open.add("prometheus > grafana:3000");
    for (const { name, port, reads } of exporters(observability, dataStores)) {
      open.add(`prometheus > ${name}:${port}`);
      if (reads) open.add(`${name} > ${reads}`);
    }
  }
  if (grafana.enabled && prometheus.enabled) open.add("grafana > prometheus:9090");
  if (grafana.enabled && loki.enabled) open.add("grafana > loki:3100");
  if (collector.enabled && loki.enabled) open.add(`${LOG_COLLECTOR} > loki:3100`);
  if (collector.traces) for (const from of Object.keys(services)) open.add(`${from} > ${LOG_COLLECTOR}:4318`);
  return open;
}

/** Exporters that are there where Prometheus is, what they expose, and what they read. */
function exporters(
  { exporters }: Description["observability"],
  dataStores: Description["dataStores"],
): { name: string; port: number; reads?: string }[] {
  const ofStore = { postgres: [9187, 5432], redis: [9121, 6379] } as const;
  return [
    ...(exporters.kubeState.enabled ? [{ name: "kube-state-metrics", port: 8080 }] : []),
    ...(exporters.node.enabled ? [{ name: "node-metrics", port: 9100 }] : []),
    ...Object.entries(dataStores).flatMap(([store, { engine }]) => {
      const [port, storePort] = ofStore[engine];
      return exporters[engine].enabled ? [{ name: `${store}-exporter`, port, reads: `${store}:${storePort}` }] : [];
    }),
  ];
}

/** Names of the parts that must have pods. */
export function partsOf({ services, dataStores, migrations, observability }: Description): string[] {
  const { enabled, prometheus, loki, grafana, collector } = observability;
  const parts = [...Object.keys(services), ...Object.keys(dataStores), ...Object.keys(migrations)];
  for (const [name, store] of Object.entries(dataStores))
    if (store.engine === "postgres" && store.backup !== false) parts.push(`${name}-backup`);
  if (enabled && prometheus.enabled)
    parts.push("prometheus", ...exporters(observability, dataStores).map(({ name }) => name));
  if (enabled && loki.enabled) parts.push("loki");
  if (enabled && grafana.enabled) parts.push("grafana");
  if (enabled && loki.enabled && collector.enabled) parts.push(LOG_COLLECTOR);
  return parts.sort();
}
