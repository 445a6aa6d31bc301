import assert from "node:assert/strict";
import { parse } from "yaml";
import { containerOf, find, ofKind, stack, type Manifest, type Workload } from "./fixtures.ts";

interface CollectorConfig {
  readonly extensions: Readonly<Record<string, { readonly directory?: string }>>;
  readonly receivers: {
    readonly file_log: {
      readonly include: readonly string[];
      readonly start_at: string;
      readonly storage: string;
      readonly operators: readonly { readonly type: string; readonly fields?: readonly string[] }[];
    };
  };
  readonly exporters: {
    readonly otlp_http: { readonly endpoint: string; readonly sending_queue: { readonly storage: string } };
  };
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: { readonly logs: Readonly<Record<string, readonly string[]>> };
  };
}

const NAMESPACE = "shop-logs";

describe("log collector", () => {
  async function rendered() {
    const { objects } = await stack();
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
      processors: ["memory_limiter"],
      exporters: ["otlp_http"],
    });
  });

  it("sends a bounded set of fields whatever a program logs", async () => {
    const { config } = await rendered();
    const last = config.receivers.file_log.operators.at(-1);
    assert.equal(last?.type, "retain");
    assert.deepEqual(last?.fields, ["attributes.message", 'attributes["log.iostream"]']);
  });

  it("is closed to everything but DNS and Loki", async () => {
    const { objects } = await rendered();
    const policy = (name: string) => find<{ spec: unknown }>(objects, "NetworkPolicy", name, NAMESPACE).spec;
    assert.deepEqual(policy("default-deny"), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    assert.deepEqual(policy("log-collector"), {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "log-collector", "app.kubernetes.io/instance": "shop" } },
      policyTypes: ["Ingress", "Egress"],
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
