import assert from "node:assert/strict";
import { parse } from "yaml";
import { resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import { containerOf, find, ofKind, stack, type Manifest, type Workload } from "./fixtures.ts";
import type { Registered } from "./mocks.ts";

interface CollectorConfig {
  readonly extensions: Readonly<Record<string, { readonly directory?: string }>>;
  readonly receivers: {
    readonly otlp?: { readonly protocols: object };
    readonly file_log: {
      readonly include: readonly string[];
      readonly start_at: string;
      readonly storage: string;
      readonly operators: readonly { readonly type: string; readonly fields?: readonly string[] }[];
    };
  };
  readonly exporters: {
    readonly otlp_http: { readonly endpoint: string; readonly sending_queue: { readonly storage: string } };
    readonly "otlp_http/traces"?: { readonly endpoint: string };
  };
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: {
      readonly logs: Readonly<Record<string, readonly string[]>>;
      readonly traces?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

const NAMESPACE = "shop-logs";

describe("log collector", () => {
  async function rendered(observability: EnvironmentSpec["observability"] = {}) {
    const { objects } = await stack("dev", observability);
    const config = parse(
      find<Manifest>(objects, "ConfigMap", "log-collector", NAMESPACE).data?.["config.yaml"] ?? "",
    ) as CollectorConfig;
    const daemonSet = find<Workload>(objects, "DaemonSet", "log-collector", NAMESPACE);
    return { objects, config, pod: daemonSet.spec.template.spec, container: containerOf(daemonSet) };
  }

  it("runs on every node, in the namespace that it is given, as that namespace's service account", async () => {
    const { pod } = await rendered();
    assert.deepEqual(pod.tolerations, [{ operator: "Exists" }]);
    assert.equal(pod.serviceAccountName, "log-collector");
  });

  it("has one capability, to read files, and no access to the Kubernetes API", async () => {
    const { objects, pod, container } = await rendered();
    assert.deepEqual(container.securityContext.capabilities, { drop: ["ALL"], add: ["DAC_READ_SEARCH"] });
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    assert.equal(pod.automountServiceAccountToken, false);
    const inNamespace = [...ofKind(objects, "Role"), ...ofKind(objects, "RoleBinding")].filter(
      ({ inputs }) => (inputs["metadata"] as { namespace: string }).namespace === NAMESPACE,
    );
    assert.deepEqual(inNamespace, []);
  });

  it("reads the logs of its environment's namespace only, and can't write them", async () => {
    const { config, pod, container } = await rendered();
    const { include } = config.receivers.file_log;
    assert.ok(include.length > 0);
    for (const pattern of include) assert.ok(pattern.startsWith("/var/log/pods/shop_*/"), pattern);
    assert.equal(pod.volumes.find(({ name }) => name === "logs")?.hostPath?.path, "/var/log/pods");
    assert.equal(container.volumeMounts.find(({ name }) => name === "logs")?.readOnly, true);
  });

  it("keeps its place, and lines that Loki has not taken, on the node, in a folder of its environment's own", async () => {
    const { config, pod, container } = await rendered();
    const { file_log } = config.receivers;
    assert.equal(file_log.start_at, "beginning");
    for (const storage of [file_log.storage, config.exporters.otlp_http.sending_queue.storage])
      assert.equal(storage, "file_storage");
    assert.ok(config.service.extensions.includes("file_storage"));
    const mount = container.volumeMounts.find(
      ({ mountPath }) => mountPath === config.extensions["file_storage"]?.directory,
    );
    assert.deepEqual(pod.volumes.find(({ name }) => name === mount?.name)?.hostPath, {
      path: "/var/lib/terrarium-log-collector/shop",
      type: "DirectoryOrCreate",
    });
  });

  it("sends to the environment's Loki, by OTLP", async () => {
    const { config } = await rendered();
    assert.equal(config.exporters.otlp_http.endpoint, "http://loki.shop.svc:3100/otlp");
    assert.deepEqual(config.service.pipelines.logs, {
      receivers: ["file_log"],
      processors: ["memory_limiter", "transform"],
      exporters: ["otlp_http"],
    });
  });

  it("sends a bounded set of fields whatever a program logs", async () => {
    const { config } = await rendered();
    const last = config.receivers.file_log.operators.at(-1);
    assert.equal(last?.type, "retain");
    assert.deepEqual(last?.fields, ["attributes.message", 'attributes["log.iostream"]']);
  });

  it("reads the logs of preview environments where its environment's stack is theirs too", async () => {
    const { config } = await rendered({ previews: true });
    const { include } = config.receivers.file_log;
    const folders = [...new Set(include.map((pattern) => pattern.split("/")[4]))];
    assert.deepEqual(folders, ["shop_*", "preview-*_*"]);
  });

  it("takes no traces unless there is somewhere to send them to", async () => {
    const { objects, config, container } = await rendered();
    assert.equal(config.receivers.otlp, undefined);
    assert.equal(config.service.pipelines.traces, undefined);
    assert.ok(!JSON.stringify(container).includes("4318"));
    assert.deepEqual(services(objects), []);
  });

  it("takes traces at a Service that keeps them on their node, and sends them on", async () => {
    const { objects, config } = await rendered({
      collector: { traces: { endpoint: "http://tempo.tracing.svc:4318" } },
    });
    assert.deepEqual(config.receivers.otlp, { protocols: { http: { endpoint: "0.0.0.0:4318" } } });
    assert.deepEqual(config.exporters["otlp_http/traces"], { endpoint: "http://tempo.tracing.svc:4318" });
    assert.deepEqual(config.service.pipelines.traces, {
      receivers: ["otlp"],
      processors: ["memory_limiter"],
      exporters: ["otlp_http/traces"],
    });
    const [service] = services(objects);
    assert.equal(service?.spec.internalTrafficPolicy, "Local");
    assert.deepEqual(
      service.spec.ports.map(({ port }) => port),
      [4318],
    );
  });

  for (const endpoint of [
    "tempo:4318",
    "ftp://tempo",
    "http://user:word@tempo",
    "http://tempo/v1/traces",
    "http://tempo?a=b",
  ]) {
    it(`is not told to send traces to ${endpoint}`, () => {
      const observability = { collector: { traces: { endpoint } } };
      assert.throws(
        () => resolveEnvironment({ name: "shop", tier: "dev", application: "shop", observability }),
        /observability\.collector\.traces\.endpoint/,
      );
    });
  }

  it("can't take traces where it does not run", () => {
    const traces = { endpoint: "http://tempo.tracing.svc:4318" };
    for (const off of [{ loki: { enabled: false } }, { collector: { enabled: false, traces } }]) {
      const observability = { collector: { traces }, ...off };
      assert.throws(
        () => resolveEnvironment({ name: "shop", tier: "dev", application: "shop", observability }),
        /observability\.collector\.traces: .*expected none where no collector runs/,
      );
    }
  });

  it("is closed to everything but DNS and Loki", async () => {
    const { objects } = await rendered();
    const policy = (name: string) => find<{ spec: unknown }>(objects, "NetworkPolicy", name, NAMESPACE).spec;
    assert.deepEqual(policy("default-deny"), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    assert.deepEqual(policy("log-collector"), {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "log-collector", "app.kubernetes.io/instance": "shop" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
        {
          to: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } },
              podSelector: { matchLabels: { "app.kubernetes.io/name": "loki", "app.kubernetes.io/instance": "shop" } },
            },
          ],
          ports: [{ protocol: "TCP", port: 3100 }],
        },
      ],
    });
  });
});

interface ServiceManifest {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly internalTrafficPolicy?: string; readonly ports: readonly { readonly port: number }[] };
}

function services(objects: readonly Registered[]): ServiceManifest[] {
  return ofKind(objects, "Service")
    .map(({ inputs }) => inputs as unknown as ServiceManifest)
    .filter(({ metadata }) => metadata.namespace === NAMESPACE);
}
