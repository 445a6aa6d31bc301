/**
 * Lets a container on real pods take more memory than it may, and waits until somebody has heard of it: from Kubernetes by way
 * of kube-state-metrics, Prometheus and Alertmanager to an HTTP server of this machine, whose address is a secret. The same
 * Prometheus reads Felix, and has a series for each query of its dashboard. Says how long each step took.
 *
 * Usage: npm run alerts-on-pods, on a host cluster
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createDashboards } from "../../components/observability/dashboards.ts";
import { formatTable } from "../../cli/table.ts";
import { IMAGES } from "../../spec/index.ts";
import { eventually } from "./eventually.ts";
import { onStack } from "./layer.ts";
import { nodeNetwork } from "./node-network.ts";
import type { Sample } from "./queries.ts";
import { serveReceiver } from "./receiver.ts";

process.exitCode = await onStack(async (checkout) => {
  process.env["TERRARIUM_TEST_CHECKOUT"] = checkout;
  const { BrokenEnvironment } = await import("./broken-environment.ts");
  const { BREAKAGES } = await import("./breakages.ts");
  const { withVariables } = await import("./queries.ts");
  const breakage = BREAKAGES.find(({ name }) => name === "too little memory");
  assert.ok(breakage);
  const rows: string[][] = [];
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    rows.push([name, `${((performance.now() - started) / 1000).toFixed(1)} s`]);
    return result;
  };
  const broken = new BrokenEnvironment("alerts");
  const { environment, namespace } = broken;
  const { run, read } = environment.objects;
  const query = async (expr: string): Promise<readonly Sample[]> => {
    const path = `prometheus:9090/proxy/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`;
    const text = await run(["get", "--raw", `/api/v1/namespaces/${namespace}/services/${path}`]);
    return (JSON.parse(text) as { data: { result: readonly Sample[] } }).data.result;
  };

  const { node, machine } = await nodeNetwork(environment.objects);
  const token = randomBytes(24).toString("base64url");
  const receiver = await serveReceiver(machine, token);
  try {
    await step("an environment with Prometheus and kube-state-metrics", () => environment.up());
    await step("it gets an Alertmanager with a secret receiver, and reads Felix", async () => {
      await environment.setSecret("receiver", receiver.address);
      const alertmanager = {
        enabled: true,
        resources: { requests: { cpu: "10m" }, limits: { cpu: "1" } },
        receivers: { warning: { kind: "webhook", secret: { config: "receiver" } } },
        egress: [{ cidr: `${machine}/32`, ports: [receiver.port] }],
      };
      const felix = { nodes: `${node}/32` };
      await environment.terrarium("images", IMAGES.alertmanager.image);
      await environment.change("terrarium:observability", { alertmanager, felix });
    });
    await step("every pod and Felix are read", () =>
      eventually("all targets", async () => {
        const wanted = ["alertmanager", "calico-felix", "client", "kube-state-metrics", "prometheus", "server"];
        const found = (await query("max by (service) (up) == 1")).map(({ metric }) => metric["service"]);
        return wanted.every((name) => found.includes(name)) ? true : undefined;
      }),
    );
    const undo = await step("a container is killed for its memory", () => breakage.apply(broken));
    try {
      await step("somebody has heard of it", async () => {
        const [first] = await eventually(
          "a notification",
          () => Promise.resolve(receiver.told.length > 0 ? receiver.told : undefined),
          { timeoutMs: 180_000 },
        );
        const [alert] = first?.alerts ?? [];
        assert.deepEqual([first?.receiver, first?.status], ["warning", "firing"]);
        const { alertname, service, severity, environment: name } = alert?.labels ?? {};
        assert.deepEqual(
          [alertname, service, severity, name],
          ["OutOfMemoryKilled", "server", "warning", namespace],
          JSON.stringify(alert),
        );
        assert.match(alert?.annotations["summary"] ?? "", /no-memory-.* was killed for its memory$/);
        assert.equal(alert?.annotations["runbook"], "docs/runbooks/out-of-memory-killed.md");
      });
    } finally {
      await undo();
    }
    await step("the receiver's address stands in its Secret alone", async () => {
      const secret = await environment.objects.secret("alertmanager");
      assert.deepEqual(secret, { warning: receiver.address });
      const others = await read("configmaps,pods,statefulsets,services,networkpolicies,events");
      const log = await run(["logs", "alertmanager-0"]);
      for (const text of [JSON.stringify(others), log]) assert.ok(!text.includes(token), "the token is there");
    });
    await step("every query of Felix's dashboard returns series", async () => {
      const { "network.json": dashboard } = createDashboards(namespace, ["prometheus"], { felix: {} });
      const queries = dashboard?.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)) ?? [];
      assert.ok(queries.length > 0);
      for (const expr of queries) assert.ok((await query(withVariables(expr))).length > 0, expr);
    });
  } finally {
    broken.close();
    await receiver.stop();
  }
  console.log(`\n${formatTable(["STEP", "TIME"], rows)}`);
  return 0;
});
