import assert from "node:assert/strict";
import { parse } from "yaml";
import { partPolicy } from "../../../components/index.ts";
import { alertRules } from "../../../components/observability/alerts.ts";
import { KUBE_SERIES } from "../../../components/observability/kube-state-metrics.ts";
import { prometheusFiles } from "../../../components/observability/prometheus-config.ts";
import { declaredRules, exporterRules } from "../../../components/observability/rules.ts";
import { Observability } from "../../../components/observability/stack.ts";
import { estimateParts, exportersOf, type ObservabilitySpec } from "../../../spec/index.ts";
import { containerOf, environment, find, ofKind, placements, type Workload } from "./fixtures.ts";
import { collect } from "./mocks.ts";

const ON = { enabled: true };
const ALL = { kubeState: ON, node: ON, postgres: ON, redis: ON };
const STORES = { db: { engine: "postgres" }, cache: { engine: "redis" } } as const;

function described(exporters: NonNullable<ObservabilitySpec["exporters"]> = ALL) {
  return environment("dev", { exporters }, STORES);
}

async function objectsOf(exporters?: NonNullable<ObservabilitySpec["exporters"]>, asleep = false) {
  const { placement, logs } = placements();
  const { objects } = await collect(
    () =>
      new Observability("obs", {
        placement: { ...placement, asleep },
        logs,
        environment: described(exporters),
        checksumKey: "key",
      }),
  );
  return objects;
}

describe("exporters", () => {
  it("are off unless they are asked for, and where nobody would read them", () => {
    assert.deepEqual(exportersOf(environment("prod", {}, STORES)), []);
    assert.deepEqual(exportersOf(environment("dev", { exporters: ALL, prometheus: { enabled: false } }, STORES)), []);
    assert.deepEqual(exportersOf(environment("dev", { exporters: ALL, enabled: false }, STORES)), []);
  });

  it("are one for Kubernetes, one for the nodes, and one for each store of their kind", () => {
    assert.deepEqual(
      exportersOf(described()).map(({ name, port, store }) => [name, port, store]),
      [
        ["kube-state-metrics", 8080, undefined],
        ["node-metrics", 9100, undefined],
        ["db-exporter", 9187, "db"],
        ["cache-exporter", 9121, "cache"],
      ],
    );
    assert.deepEqual(
      exportersOf(described({ redis: ON })).map(({ name }) => name),
      ["cache-exporter"],
    );
  });

  it("keep their names to themselves", () => {
    const services = { "db-exporter": { image: "registry.example.com/web:1.2.3" } };
    const spec = { exporters: { postgres: ON } };
    assert.doesNotThrow(() => environment("dev", spec, { other: STORES.db }, services));
    assert.throws(
      () => environment("dev", spec, STORES, services),
      /services\.db-exporter: got "db-exporter", expected a name of its own: the exporter of dataStores\.db has it/,
    );
  });

  it("count with what they reserve", () => {
    const names = estimateParts(described()).map(({ name }) => name);
    assert.deepEqual(names.slice(-4), ["kube-state-metrics", "node-metrics", "db-exporter", "cache-exporter"]);
  });

  it("are found by Prometheus, and by nobody else", async () => {
    const objects = await objectsOf();
    for (const { name, port, kind } of exportersOf(described())) {
      const workload = find<Workload>(objects, kind === "node" ? "DaemonSet" : "Deployment", name);
      const { annotations } = workload.spec.template.metadata;
      assert.deepEqual(
        [annotations["prometheus.io/scrape"], annotations["prometheus.io/port"]],
        ["true", String(port)],
      );
      const from = {
        podSelector: { matchLabels: { ...partPolicy("prometheus", described()).podSelector.matchLabels } },
      };
      assert.deepEqual(partPolicy(name, described()).ingress, [{ from: [from], ports: [{ protocol: "TCP", port }] }]);
    }
  });

  it("run as their images' users, hardened, and are well while they answer", async () => {
    const objects = await objectsOf();
    const users = exportersOf(described()).map(({ name, kind }) => {
      const workload = find<Workload>(objects, kind === "node" ? "DaemonSet" : "Deployment", name);
      const { readOnlyRootFilesystem, capabilities } = containerOf(workload).securityContext;
      assert.deepEqual([readOnlyRootFilesystem, capabilities], [true, { drop: ["ALL"] }]);
      assert.ok(containerOf(workload).livenessProbe.httpGet && containerOf(workload).readinessProbe.httpGet);
      return workload.spec.template.spec.securityContext.runAsUser;
    });
    assert.deepEqual(users, [65534, 65534, 65534, 59000]);
  });

  it("have no pods asleep", async () => {
    const objects = await objectsOf(ALL, true);
    for (const { name } of exportersOf(described({ ...ALL, node: { enabled: false } })))
      assert.equal(find<Workload>(objects, "Deployment", name).spec.replicas, 0);
    assert.deepEqual(ofKind(objects, "DaemonSet"), []);
  });
});

describe("kube-state-metrics", () => {
  it("may list pods and cron jobs of its namespace, and nothing anywhere else", async () => {
    const objects = await objectsOf({ kubeState: ON });
    assert.deepEqual(find<{ rules: unknown }>(objects, "Role", "kube-state-metrics").rules, [
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
      { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["list", "watch"] },
    ]);
    assert.deepEqual([...ofKind(objects, "ClusterRole"), ...ofKind(objects, "ClusterRoleBinding")], []);
    const { spec } = find<Workload>(objects, "Deployment", "kube-state-metrics");
    const { serviceAccountName, automountServiceAccountToken } = spec.template.spec;
    assert.deepEqual([serviceAccountName, automountServiceAccountToken], ["kube-state-metrics", true]);
    const { args = [] } = containerOf({ spec });
    assert.ok(args.includes("--namespaces=shop") && args.includes("--resources=pods,cronjobs"));
  });

  it("exposes every series that rules read, and no other", () => {
    const rules = [
      ...exporterRules(described().observability).flatMap((group) => group.rules.map(({ expr }) => expr)),
      ...alertRules(described().observability).flatMap((group) => group.rules.map(({ expr }) => expr)),
    ].join(" ");
    const read = new Set([...rules.matchAll(/\bkube_[a-z_]+/g)].map(([name]) => name));
    assert.deepEqual([...read].toSorted(), [...KUBE_SERIES].toSorted());
  });

  it("names the pods that it tells about, and only its series are renamed", () => {
    const config = (exporters: NonNullable<ObservabilitySpec["exporters"]>) =>
      (
        parse(prometheusFiles(described(exporters), ".")["prometheus.yml"] ?? "") as {
          scrape_configs: { metric_relabel_configs?: { source_labels: string[]; regex: string }[] }[];
        }
      ).scrape_configs[0]?.metric_relabel_configs;
    assert.equal(config({ node: ON }), undefined);
    assert.deepEqual(
      config({ kubeState: ON })?.map(({ source_labels, regex }) => [source_labels, regex]),
      Array(2).fill([["service", "exported_pod"], "kube-state-metrics;(.+)"]),
    );
  });
});

describe("node_exporter", () => {
  it("runs on every node without a folder of the node, an API token or a connection of its own", async () => {
    const { spec } = find<Workload>(await objectsOf({ node: ON }), "DaemonSet", "node-metrics");
    const pod = spec.template.spec;
    assert.deepEqual(pod.tolerations, [{ operator: "Exists" }]);
    assert.deepEqual(
      pod.volumes.map(({ name, hostPath }) => [name, hostPath]),
      [["tmp", undefined]],
    );
    assert.equal(pod.automountServiceAccountToken, false);
    assert.deepEqual(partPolicy("node-metrics", described()).egress, []);
  });
});

describe("exporters of data stores", () => {
  for (const [name, secretName, key, variables] of [
    [
      "db-exporter",
      "db",
      "exporter-password",
      {
        DATA_SOURCE_URI: "db:5432/app?sslmode=disable",
        DATA_SOURCE_USER: "terrarium_exporter",
        DATA_SOURCE_PASS_FILE: "/run/secrets/store/exporter-password",
      },
    ],
    [
      "cache-exporter",
      "cache",
      "exporter-passwords.json",
      {
        REDIS_ADDR: "redis://cache:6379",
        REDIS_USER: "terrarium_exporter",
        REDIS_PASSWORD_FILE: "/run/secrets/store/exporter-passwords.json",
      },
    ],
  ] as const)
    it(`such as ${name} read the password of their own from a file, and no other password of the store`, async () => {
      const exporter = find<Workload>(await objectsOf(), "Deployment", name);
      const { env, volumeMounts } = containerOf(exporter);
      const found = Object.fromEntries(env.map(({ name, value }) => [name, value]));
      assert.partialDeepStrictEqual(found, variables);
      assert.ok(!JSON.stringify(env).includes("secretKeyRef"));
      const mount = volumeMounts.find(({ mountPath }) => mountPath === "/run/secrets/store");
      assert.equal(mount?.readOnly, true);
      assert.deepEqual(exporter.spec.template.spec.volumes.find(({ name }) => name === mount.name)?.secret, {
        secretName,
        items: [{ key, path: key }],
        defaultMode: 0o440,
      });
    });

  for (const [name, store, port] of [
    ["db-exporter", "db", 5432],
    ["cache-exporter", "cache", 6379],
  ] as const) {
    it(`such as ${name} reach their store alone`, () => {
      const { podSelector } = partPolicy(store, described());
      assert.deepEqual(partPolicy(name, described()).egress, [
        { to: [{ podSelector }], ports: [{ protocol: "TCP", port }] },
      ]);
    });
  }

  it("refuse a role of the application that has their name", () => {
    assert.throws(
      () => environment("dev", {}, { db: { engine: "postgres", username: "terrarium_exporter" } }),
      /dataStores\.db\.username: got "terrarium_exporter", expected a role other than "terrarium_exporter"/,
    );
  });

  it("let rules know the size of each store's volume", () => {
    const rules = declaredRules(described()).find(({ name }) => name === "declared-volumes")?.rules;
    assert.deepEqual(
      rules?.map(({ labels, expr }) => [labels?.["service"], expr]),
      [
        ["db-exporter", `vector(${2 ** 30})`],
        ["cache-exporter", `vector(${2 ** 30})`],
      ],
    );
  });
});

describe("alerts of exporters", () => {
  const groups = (exporters: NonNullable<ObservabilitySpec["exporters"]>) =>
    alertRules(described(exporters).observability).map(({ name }) => name);

  for (const [exporter, group] of [
    ["kubeState", "kubernetes"],
    ["node", "nodes"],
    ["postgres", "postgres"],
    ["redis", "redis"],
  ] as const) {
    it(`about ${group} are there with their exporter alone`, () => {
      const own = ["kubernetes", "nodes", "postgres", "redis"];
      assert.deepEqual(
        groups({ [exporter]: ON }).filter((name) => own.includes(name)),
        [group],
      );
    });
  }

  it("come with the alert on an exporter that is missing", () => {
    const declared = declaredRules(described()).flatMap(({ rules }) => rules.map(({ labels }) => labels?.["service"]));
    for (const { name } of exportersOf(described())) assert.ok(declared.includes(name), name);
  });
});
