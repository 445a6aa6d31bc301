import assert from "node:assert/strict";
import { parse } from "yaml";
import { partPolicy } from "../../../components/network-policies.ts";
import { createDashboards } from "../../../components/observability/dashboards.ts";
import type { DataSource } from "../../../components/observability/data-sources.ts";
import { SIGNALS } from "../../../components/observability/rules.ts";
import { Observability } from "../../../components/observability/stack.ts";
import { Metrics } from "../../../platform/http/metrics.ts";
import { containerOf, environment, find, ofKind, placements, stack, type Manifest, type Workload } from "./fixtures.ts";
import { collect, hexOf, secretValue } from "./mocks.ts";

interface DataSources {
  readonly datasources: readonly {
    readonly uid: string;
    readonly type: string;
    readonly url: string;
    readonly isDefault: boolean;
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly datasource: { readonly uid: string }; readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly datasource: { readonly uid: string } }[] };
}

describe("Grafana", () => {
  async function rendered(tier: "dev" | "staging" | "prod" = "dev", observability = {}) {
    const { objects } = await stack(tier, observability);
    const data = find<Manifest>(objects, "ConfigMap", "grafana").data ?? {};
    const container = containerOf(find<Workload>(objects, "StatefulSet", "grafana"));
    const settings = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    const dashboards = Object.entries(data)
      .filter(([file]) => file.endsWith(".json"))
      .map(([, text]) => JSON.parse(text) as Dashboard);
    return {
      objects,
      data,
      container,
      settings,
      dashboards,
      sources: parse(data["data-sources.yaml"] ?? "") as DataSources,
    };
  }

  it("reads its admin password from a mounted Secret; neither environment nor ConfigMap holds a secret", async () => {
    const { objects, data, container, settings } = await rendered();
    const file = settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] ?? "";
    const mount = container.volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    assert.equal(mount?.name, "secrets");
    const secret = find<{ stringData: unknown }>(objects, "Secret", "grafana");
    const generated = ["admin-password", "encryption-key"].map((key) => [
      key,
      hexOf(`obs-grafana-${key}`).slice(0, 32),
    ]);
    assert.deepEqual(secretValue(secret.stringData), Object.fromEntries(generated));
    const readable = JSON.stringify([ofKind(objects, "ConfigMap").map(({ inputs }) => inputs), data, container]);
    for (const [key, value] of generated) assert.ok(!readable.includes(value ?? ""), key);
  });

  it("lets people look without a login in tier dev only, and sign up nowhere", async () => {
    for (const [tier, anonymous] of [
      ["dev", "true"],
      ["staging", "false"],
      ["prod", "false"],
    ] as const) {
      const { settings } = await rendered(tier);
      assert.equal(settings["GF_AUTH_ANONYMOUS_ENABLED"], anonymous);
      assert.equal(settings["GF_AUTH_ANONYMOUS_ORG_ROLE"], "Viewer");
      assert.equal(settings["GF_USERS_ALLOW_SIGN_UP"], "false");
    }
  });

  it("has a route and a door for the ingress controller only under the names that it is given", async () => {
    const network = { gateway: { name: "public", namespace: "gateway" } };
    for (const [hostnames, routes] of [
      [[], []],
      [["grafana.example.com"], [["grafana.example.com"]]],
    ] as const) {
      const resolved = { ...environment("prod", { grafana: { hostnames: [...hostnames] } }) };
      const described = { ...resolved, network: { ...resolved.network, ...network } };
      const { objects } = await collect(
        () => new Observability("obs", { ...placements("prod"), environment: described, checksumKey: "key" }),
      );
      const found = ofKind(objects, "HTTPRoute").map(
        ({ inputs }) => (inputs["spec"] as { hostnames: string[] }).hostnames,
      );
      assert.deepEqual(found, routes);
      const from = (partPolicy("grafana", described).ingress ?? []).flatMap((rule) => rule.from);
      const doors = from.filter(({ namespaceSelector }) => namespaceSelector !== undefined);
      assert.equal(doors.length, hostnames.length);
    }
  });

  it("is not restarted for a failing database, which only takes it out of traffic", async () => {
    const { container } = await rendered();
    assert.equal(container.readinessProbe.httpGet?.path, "/api/health");
    assert.equal(container.livenessProbe.httpGet?.path, "/healthz");
  });

  it("asks nothing of the internet", async () => {
    const { settings } = await rendered();
    for (const name of ["REPORTING_ENABLED", "CHECK_FOR_UPDATES", "CHECK_FOR_PLUGIN_UPDATES"])
      assert.equal(settings[`GF_ANALYTICS_${name}`], "false");
    assert.equal(settings["GF_PLUGINS_PREINSTALL_DISABLED"], "true");
    assert.equal(settings["GF_PLUGINS_PREINSTALL_AUTO_UPDATE"], "false");
  });

  it("writes to its volume only", async () => {
    const { settings, container } = await rendered();
    const volume = container.volumeMounts.find(({ name }) => name === "data")?.mountPath;
    assert.equal(settings["GF_PATHS_DATA"], volume);
    for (const path of [settings["GF_PATHS_LOGS"], settings["GF_PATHS_PLUGINS"]])
      assert.ok(path?.startsWith(`${volume}/`));
  });

  it("is provisioned with Prometheus as the default and Loki, under uids that never change", async () => {
    const { sources } = await rendered();
    assert.deepEqual(
      sources.datasources.map(({ uid, type, url, isDefault }) => [uid, type, url, isDefault]),
      [
        ["prometheus", "prometheus", "http://prometheus:9090", true],
        ["loki", "loki", "http://loki:3100", false],
      ],
    );
  });

  it("provisions dashboards under uids that never change, and opens with the overview", async () => {
    const { dashboards, settings, data } = await rendered();
    assert.deepEqual(dashboards.map(({ uid }) => uid).toSorted(), [
      "terrarium-capacity",
      "terrarium-overview",
      "terrarium-service",
    ]);
    const home = settings["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]?.split("/").at(-1) ?? "";
    assert.equal((JSON.parse(data[home] ?? "{}") as Dashboard).uid, "terrarium-overview");
  });

  for (const [missing, observability] of [
    ["nothing", {}],
    ["Loki", { loki: { enabled: false } }],
    ["Prometheus", { prometheus: { enabled: false } }],
  ] as const) {
    it(`asks provisioned data sources only, where ${missing} is disabled`, async () => {
      const { dashboards, sources } = await rendered("dev", observability);
      const provisioned = sources.datasources.map(({ uid }) => uid);
      for (const { panels, templating } of dashboards) {
        assert.ok(panels.length > 0);
        const asked = [
          ...panels.flatMap((panel) => [panel.datasource, ...panel.targets.map((target) => target.datasource)]),
          ...templating.list.map((variable) => variable.datasource),
        ];
        for (const { uid } of asked) assert.ok(provisioned.includes(uid), uid);
      }
    });
  }

  it("has no dashboard, and no home, where there is nothing to ask", async () => {
    const { dashboards, settings } = await rendered("dev", {
      loki: { enabled: false },
      prometheus: { enabled: false },
    });
    assert.deepEqual(dashboards, []);
    assert.equal(settings["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"], undefined);
  });

  it("rolls its pod when a dashboard changes with the data sources", async () => {
    const checksum = async (observability = {}) => {
      const { objects } = await rendered("dev", observability);
      return find<Workload>(objects, "StatefulSet", "grafana").spec.template.metadata.annotations["checksum/config"];
    };
    assert.notEqual(await checksum(), await checksum({ loki: { enabled: false } }));
  });
});

describe("dashboards", () => {
  const exporters = { postgres: { enabled: true }, redis: { enabled: true } };
  const all = (sources: readonly DataSource[]) =>
    Object.values(createDashboards("shop", sources, { previews: true, exporters, felix: {} }));

  it("lead to each other, and nowhere else", () => {
    const dashboards = all(["prometheus", "loki"]);
    const addresses = dashboards.map(({ uid }) => `/d/${uid}`);
    for (const { uid, links } of dashboards) {
      assert.deepEqual(
        links.map(({ url }) => url),
        addresses.filter((address) => address !== `/d/${uid}`),
      );
    }
  });

  it("show preview environments only where Prometheus reads them", () => {
    assert.ok(!("previews.json" in createDashboards("shop", ["prometheus", "loki"])));
    assert.ok("previews.json" in createDashboards("shop", ["prometheus", "loki"], { previews: true }));
  });

  it("show a kind of data store only where it has an exporter", () => {
    const files = (postgres: boolean, redis: boolean) =>
      Object.keys(
        createDashboards("shop", ["prometheus"], {
          exporters: { postgres: { enabled: postgres }, redis: { enabled: redis } },
        }),
      ).filter((file) => ["postgres.json", "redis.json"].includes(file));
    assert.deepEqual(Object.keys(createDashboards("shop", ["prometheus"])).length, 3);
    assert.deepEqual(files(true, false), ["postgres.json"]);
    assert.deepEqual(files(false, true), ["redis.json"]);
  });

  it("let one choose among the stores by their own names", () => {
    for (const [uid, series] of [
      ["terrarium-postgres", "pg_up"],
      ["terrarium-redis", "redis_up"],
    ]) {
      const [variable] = all(["prometheus"]).find((page) => page.uid === uid)?.templating.list ?? [];
      assert.equal(variable?.query["query"], `label_values(${series}, service)`);
      assert.equal(new RegExp(variable?.regex?.slice(1, -1) ?? "").exec("orders-exporter")?.[1], "orders");
    }
  });

  it("ask of the platform service what it exposes", async () => {
    const sources = {
      phases: () => [],
      queueLength: () => 0,
      running: () => 0,
      leading: () => true,
      eventStreams: () => 0,
    };
    const { text } = await new Metrics(sources).text();
    const [previews] = all(["prometheus"]).filter(({ uid }) => uid === "terrarium-previews");
    const asked = (previews?.panels ?? []).flatMap((panel) => panel.targets.map(({ expr }) => expr)).join(" ");
    const names = [...asked.matchAll(/terrarium_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
    assert.ok(names.length > 5);
    for (const name of names) assert.match(text, new RegExp(`^# TYPE ${name} `, "m"));
  });

  it("read recorded series that rules record", () => {
    const known: readonly string[] = Object.values(SIGNALS);
    for (const { panels } of all(["prometheus", "loki"])) {
      for (const { expr } of panels.flatMap((panel) => panel.targets)) {
        for (const [name] of expr.matchAll(/service:[a-z0-9_]+:[a-z0-9_]+/g)) assert.ok(known.includes(name), name);
      }
    }
  });

  it("show each of the golden signals of a service, and its log", () => {
    const service = all(["prometheus", "loki"]).find(({ uid }) => uid === "terrarium-service");
    const asked = service?.panels.flatMap((panel) => panel.targets.map(({ expr }) => expr)).join("\n") ?? "";
    for (const signal of [
      SIGNALS.traffic,
      SIGNALS.errorRatio,
      SIGNALS.latencyP99,
      SIGNALS.cpuSaturation,
      SIGNALS.memorySaturation,
    ]) {
      assert.ok(asked.includes(signal), signal);
    }
    assert.ok(service?.panels.some(({ type, datasource }) => type === "logs" && datasource.uid === "loki"));
  });

  it("place panels on the grid of 24 columns, none over another", () => {
    for (const sources of [["prometheus", "loki"], ["prometheus"], ["loki"]] as const) {
      for (const { panels } of all(sources)) {
        const cells = new Set<string>();
        for (const { gridPos } of panels) {
          assert.ok(gridPos.x + gridPos.w <= 24);
          for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
            for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
              assert.ok(!cells.has(`${x},${y}`));
              cells.add(`${x},${y}`);
            }
          }
        }
        assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
      }
    }
  });
});
