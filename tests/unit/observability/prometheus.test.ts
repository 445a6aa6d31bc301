import assert from "node:assert/strict";
import { parse } from "yaml";
import { alertRules } from "../../../components/observability/alerts.ts";
import { declaredRules, goldenSignalRules, SIGNALS } from "../../../components/observability/rules.ts";
import { containerOf, environment, find, ofKind, stack, type Manifest, type Workload } from "./fixtures.ts";

interface PrometheusConfig {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly {
    readonly kubernetes_sd_configs: readonly {
      readonly role: string;
      readonly namespaces: { readonly names: readonly string[] };
    }[];
    readonly relabel_configs: readonly Relabelling[];
  }[];
}

interface Relabelling {
  readonly source_labels: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly replacement?: string;
  readonly target_label?: string;
  readonly action?: "keep" | "drop";
}

const META = "__meta_kubernetes_";

/** What Prometheus's documentation says that relabelling does; undefined: the target is dropped. */
function relabel(
  rules: readonly Relabelling[],
  discovered: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const labels = { ...discovered };
  for (const { source_labels, separator = ";", regex = "(.*)", replacement = "$1", target_label, action } of rules) {
    const value = source_labels.map((name) => labels[name] ?? "").join(separator);
    const match = new RegExp(`^(?:${regex})$`).exec(value);
    if (action === "keep" && !match) return undefined;
    if (action === "drop" && match) return undefined;
    if (!action && match && target_label)
      labels[target_label] = replacement.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "");
  }
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith(META)));
}

function pod(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    __address__: "10.0.0.7:1234",
    [`${META}namespace`]: "shop",
    [`${META}pod_name`]: "web-0",
    [`${META}pod_ip`]: "10.0.0.7",
    [`${META}pod_phase`]: "Running",
    [`${META}pod_annotation_prometheus_io_scrape`]: "true",
    [`${META}pod_annotation_prometheus_io_port`]: "8080",
    [`${META}pod_annotation_prometheus_io_path`]: "/custom",
    [`${META}pod_label_app_kubernetes_io_name`]: "web",
    [`${META}pod_label_app_kubernetes_io_instance`]: "shop",
    [`${META}pod_label_app_kubernetes_io_component`]: "backend",
    [`${META}pod_label_app_kubernetes_io_version`]: "1.2.3",
    ...changes,
  };
}

describe("Prometheus", () => {
  async function rendered(tier: "dev" | "staging" | "prod" = "dev", observability = {}) {
    const { objects } = await stack(tier, observability);
    const data = find<Manifest>(objects, "ConfigMap", "prometheus").data ?? {};
    const config = parse(data["prometheus.yml"] ?? "") as PrometheusConfig;
    const container = containerOf(find<Workload>(objects, "StatefulSet", "prometheus"));
    return {
      objects,
      data,
      config,
      args: container.args ?? [],
      rules: config.scrape_configs[0]?.relabel_configs ?? [],
    };
  }

  it("discovers pods of its own namespace only", async () => {
    const { config } = await rendered();
    assert.deepEqual(
      config.scrape_configs.map((job) => job.kubernetes_sd_configs),
      [[{ role: "pod", namespaces: { names: ["shop"] } }]],
    );
  });

  it("may get, list and watch pods in its namespace, and nothing else", async () => {
    const { objects } = await rendered();
    const roles = ofKind(objects, "Role").map(({ inputs }) => inputs["rules"]);
    assert.deepEqual(roles, [[{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]]);
    assert.deepEqual([...ofKind(objects, "ClusterRole"), ...ofKind(objects, "ClusterRoleBinding")], []);
    const bindings = ofKind(objects, "RoleBinding").map(({ inputs }) => inputs["subjects"]);
    assert.deepEqual(bindings, [[{ kind: "ServiceAccount", name: "prometheus", namespace: "shop" }]]);
    assert.equal(
      find<Workload>(objects, "StatefulSet", "prometheus").spec.template.spec.serviceAccountName,
      "prometheus",
    );
  });

  it("labels a pod's series with who it is and asks the annotated port and path", async () => {
    const { rules } = await rendered();
    assert.deepEqual(relabel(rules, pod()), {
      __address__: "10.0.0.7:8080",
      __metrics_path__: "/custom",
      namespace: "shop",
      pod: "web-0",
      service: "web",
      component: "backend",
      version: "1.2.3",
      environment: "shop",
      instance: "web-0:8080",
    });
  });

  it("asks pods with IPv6 addresses too", async () => {
    const { rules } = await rendered();
    assert.equal(relabel(rules, pod({ [`${META}pod_ip`]: "fd00::7" }))?.["__address__"], "[fd00::7]:8080");
  });

  it("does not ask pods without the annotation, such as canaries that stand in for a service", async () => {
    const { rules } = await rendered();
    assert.equal(relabel(rules, pod({ [`${META}pod_annotation_prometheus_io_scrape`]: "" })), undefined);
  });

  it("does not ask pods of another environment, nor pods that have not started or have ended", async () => {
    const { rules } = await rendered();
    assert.equal(relabel(rules, pod({ [`${META}pod_label_app_kubernetes_io_instance`]: "shop-2" })), undefined);
    for (const phase of ["Pending", "Succeeded", "Failed"])
      assert.equal(relabel(rules, pod({ [`${META}pod_phase`]: phase })), undefined, phase);
  });

  for (const [tier, days, bytes] of [
    ["dev", 2, 0.8 * 2 * 2 ** 30],
    ["staging", 7, 0.8 * 10 * 2 ** 30],
    ["prod", 30, 0.8 * 50 * 2 ** 30],
  ] as const) {
    it(`keeps ${days} days in tier ${tier}, and at most 80 % of the volume`, async () => {
      const { args } = await rendered(tier);
      assert.ok(args.includes(`--storage.tsdb.retention.time=${days}d`));
      assert.ok(args.includes(`--storage.tsdb.retention.size=${Math.floor(bytes)}B`));
    });
  }

  it("keeps what a team says instead", async () => {
    const { args } = await rendered("prod", { prometheus: { retentionDays: 90, storage: { size: "100Gi" } } });
    assert.ok(args.includes("--storage.tsdb.retention.time=90d"));
    assert.ok(args.includes(`--storage.tsdb.retention.size=${80 * 2 ** 30}B`));
  });

  it("rolls its pod when its configuration changes, but not when only a service's limits do", async () => {
    const checksum = async (observability = {}) => {
      const { objects } = await rendered("dev", observability);
      return find<Workload>(objects, "StatefulSet", "prometheus").spec.template.metadata.annotations["checksum/config"];
    };
    const before = await checksum();
    assert.match(before ?? "", /^[0-9a-f]{64}$/);
    assert.notEqual(await checksum({ loki: { enabled: false } }), before);
    assert.equal(await checksum({ loki: { resources: { limits: { memory: "768Mi" } } } }), before);
  });

  it("mounts every rule file that it reads", async () => {
    const { config, data } = await rendered();
    assert.deepEqual(config.rule_files, ["/etc/prometheus/*.rules.yml"]);
    assert.deepEqual(Object.keys(data).toSorted(), [
      "alerts.rules.yml",
      "declared.rules.yml",
      "prometheus.yml",
      "signals.rules.yml",
    ]);
  });
});

describe("rules", () => {
  it("record each of the four golden signals", () => {
    const recorded = goldenSignalRules().flatMap((group) => group.rules.map((rule) => rule.record));
    for (const signal of [
      SIGNALS.latencyP99,
      SIGNALS.traffic,
      SIGNALS.errorRatio,
      SIGNALS.cpuSaturation,
      SIGNALS.memorySaturation,
    ]) {
      assert.ok(recorded.includes(signal), signal);
    }
  });

  it("record every series that dashboards and alerts may read", () => {
    const recorded = [...goldenSignalRules(), ...declaredRules(environment())].flatMap((group) =>
      group.rules.map((rule) => rule.record),
    );
    assert.deepEqual(
      Object.values(SIGNALS).filter((signal) => !recorded.includes(signal)),
      [],
    );
  });

  it("declare the limits of what is scraped in cores and bytes", () => {
    const rules = declaredRules(environment()).flatMap((group) => group.rules);
    const web = rules.filter((rule) => rule.labels?.["service"] === "web").map(({ record, expr }) => [record, expr]);
    assert.deepEqual(web, [
      [SIGNALS.cpuLimit, "vector(0.5)"],
      [SIGNALS.memoryLimit, `vector(${256 * 2 ** 20})`],
    ]);
    assert.deepEqual(
      [...new Set(rules.map((rule) => rule.labels?.["service"]))],
      ["web", "prometheus", "loki", "grafana"],
    );
  });

  it("give every alert a severity, a summary and a description", () => {
    const alerts = alertRules(environment().observability).flatMap((group) => group.rules);
    assert.ok(alerts.length > 0);
    for (const { alert, labels, annotations } of alerts) {
      assert.match(labels.severity, /^(critical|warning)$/, alert);
      assert.ok(annotations.summary.length > 0, alert);
      assert.ok(annotations.description.length > annotations.summary.length, alert);
    }
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  });

  it("watch Loki only where there is one, and the flow of logs only where something collects them", () => {
    const names = (observability: Parameters<typeof environment>[1]) =>
      alertRules(environment("dev", observability).observability).flatMap((group) =>
        group.rules.map((rule) => rule.alert),
      );
    assert.ok(names({}).includes("LogIngestionStopped"));
    assert.ok(!names({ collector: { enabled: false } }).includes("LogIngestionStopped"));
    assert.deepEqual(
      names({ loki: { enabled: false } }).filter((name) => name.startsWith("Lo")),
      [],
    );
  });
});
