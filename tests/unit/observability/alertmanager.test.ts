import assert from "node:assert/strict";
import { parse } from "yaml";
import { partPolicy } from "../../../components/network-policies.ts";
import { alertmanagerConfig } from "../../../components/observability/alertmanager-config.ts";
import { Observability } from "../../../components/observability/stack.ts";
import { resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import { containerOf, environment, find, ofKind, placements, stack, type Manifest, type Workload } from "./fixtures.ts";
import { collect, secretValue } from "./mocks.ts";

interface Config {
  readonly route: {
    readonly receiver: string;
    readonly group_by: readonly string[];
    readonly routes: readonly { readonly receiver: string; readonly matchers: readonly string[] }[];
  };
  readonly inhibit_rules: readonly { readonly equal: readonly string[] }[];
  readonly receivers: readonly Readonly<Record<string, unknown>>[];
}

const RECEIVERS = {
  critical: { kind: "pagerduty", secret: { config: "pager" } },
  warning: { kind: "slack", secret: { config: "chat" } },
} as const;
const SECRETS = { pager: "key-of-the-pager", chat: "https://chat.example.com/token" };

function withReceivers(receivers: object = RECEIVERS): EnvironmentSpec["observability"] {
  return { alertmanager: { enabled: true, receivers } };
}

async function rendered() {
  const { objects } = await collect(
    () =>
      new Observability("obs", {
        ...placements("prod"),
        environment: environment("prod", withReceivers()),
        secretValues: SECRETS,
        checksumKey: "key",
      }),
  );
  const data = find<Manifest>(objects, "ConfigMap", "alertmanager").data ?? {};
  return { objects, config: parse(data["alertmanager.yml"] ?? "") as Config };
}

describe("Alertmanager", () => {
  it("is not there unless asked for, and Prometheus then has nobody to tell", async () => {
    const { objects } = await stack("prod");
    const names = ofKind(objects, "StatefulSet").map(({ inputs }) => (inputs as unknown as Manifest).metadata.name);
    assert.ok(!names.includes("alertmanager"));
    const config = parse(find<Manifest>(objects, "ConfigMap", "prometheus").data?.["prometheus.yml"] ?? "") as object;
    assert.ok(!("alerting" in config));
  });

  it("gets the alerts of its environment's Prometheus", async () => {
    const { objects } = await rendered();
    const config = parse(find<Manifest>(objects, "ConfigMap", "prometheus").data?.["prometheus.yml"] ?? "") as {
      alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
    };
    assert.deepEqual(config.alerting.alertmanagers[0]?.static_configs, [{ targets: ["alertmanager:9093"] }]);
  });

  it("routes by severity and tells alerts of one environment and service together", async () => {
    const { config } = await rendered();
    assert.deepEqual(config.route.group_by, ["environment", "namespace", "service"]);
    assert.deepEqual(
      config.route.routes.map(({ receiver, matchers }) => [receiver, matchers]),
      [
        ["warning", ['namespace=~"preview-.+"']],
        ["critical", ['severity="critical"']],
        ["warning", ['severity="warning"']],
      ],
    );
    assert.equal(config.route.receiver, "nobody");
  });

  it("routes what is about previews to their receiver, else to that of warnings, and never to that of critical alerts", () => {
    const named = (...names: readonly ("critical" | "warning" | "previews")[]) =>
      Object.fromEntries(names.map((name) => [name, RECEIVERS.critical]));
    const first = (receivers: object) => (parse(alertmanagerConfig(receivers, "/s")) as Config).route.routes[0];
    assert.equal(first(named("critical", "warning", "previews"))?.receiver, "previews");
    assert.equal(first(named("critical", "warning"))?.receiver, "warning");
    assert.equal(first(named("critical"))?.receiver, "nobody");
    for (const receivers of [named("critical"), named("critical", "previews")])
      assert.deepEqual(first(receivers)?.matchers, ['namespace=~"preview-.+"']);
  });

  it("silences what follows from a graver alert of the same service only", async () => {
    const { config } = await rendered();
    assert.ok(config.inhibit_rules.length > 0);
    for (const { equal } of config.inhibit_rules) assert.deepEqual(equal, ["environment", "namespace", "service"]);
  });

  it("reads addresses and keys from a mounted Secret; nothing readable holds one", async () => {
    const { objects, config } = await rendered();
    const [, critical, warning] = config.receivers;
    const folder = "/run/secrets/alertmanager";
    assert.equal((critical?.["pagerduty_configs"] as object[])[0]?.["routing_key_file" as never], `${folder}/critical`);
    assert.equal((warning?.["slack_configs"] as object[])[0]?.["api_url_file" as never], `${folder}/warning`);
    const secret = find<{ stringData: unknown }>(objects, "Secret", "alertmanager");
    assert.deepEqual(secretValue(secret.stringData), { critical: SECRETS.pager, warning: SECRETS.chat });
    const readable = JSON.stringify(ofKind(objects, "ConfigMap").concat(ofKind(objects, "StatefulSet")));
    for (const value of Object.values(SECRETS)) assert.ok(!readable.includes(value));
    const container = containerOf(find<Workload>(objects, "StatefulSet", "alertmanager"));
    assert.ok(container.volumeMounts.some(({ mountPath, readOnly }) => mountPath === folder && readOnly));
  });

  it("refuses a receiver whose secret nobody has set, and says how to set it", () => {
    const spec = { name: "shop", tier: "prod", application: "shop", observability: withReceivers() };
    assert.throws(
      () => resolveEnvironment(spec, ["pager"]),
      /receivers\.warning\.secret\.config: got "chat", expected a key of secretValues \(pager\); set it with/,
    );
    resolveEnvironment(spec, ["pager", "chat"]);
  });

  it("may reach public addresses by HTTPS and the private ones that it is told of, and nothing else", () => {
    const observability = { alertmanager: { enabled: true, egress: [{ cidr: "10.1.2.3/32", ports: [8443] }] } };
    const { egress = [], ingress = [] } = partPolicy("alertmanager", environment("prod", observability));
    assert.deepEqual(
      egress.map(({ to, ports }) => [to[0]?.ipBlock?.cidr, ports.map(({ port }) => port)]),
      [
        ["0.0.0.0/0", [443]],
        ["10.1.2.3/32", [8443]],
      ],
    );
    assert.deepEqual(
      ingress.map(({ from }) => from[0]?.podSelector?.matchLabels?.["app.kubernetes.io/name"]),
      ["prometheus"],
    );
  });
});
