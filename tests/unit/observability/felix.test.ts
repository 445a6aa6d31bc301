import assert from "node:assert/strict";
import { parse } from "yaml";
import { partPolicy } from "../../../components/network-policies.ts";
import { createDashboards } from "../../../components/observability/dashboards.ts";
import { whyAddress } from "../../../netcheck/matrix-reasons.ts";
import { rolesOf } from "../../../netcheck/matrix-roles.ts";
import { environment, find, ofKind, stack, type Manifest } from "./fixtures.ts";

interface Job {
  readonly job_name: string;
  readonly kubernetes_sd_configs: readonly object[];
  readonly metric_relabel_configs: readonly object[];
}

const FELIX = { felix: { nodes: "172.18.0.0/16" } };

describe("a Prometheus that also reads Felix", () => {
  it("finds it on each node, and keeps only what is about policies", async () => {
    const { objects } = await stack("prod", FELIX);
    const text = find<Manifest>(objects, "ConfigMap", "prometheus").data?.["prometheus.yml"] ?? "";
    const job = (parse(text) as { scrape_configs: Job[] }).scrape_configs.find(({ job_name }) => job_name === "felix");
    assert.deepEqual(job?.kubernetes_sd_configs, [{ role: "node" }]);
    assert.ok(JSON.stringify(job).includes('"$1:9091"'));
    assert.deepEqual(job.metric_relabel_configs, [{ source_labels: ["__name__"], regex: "felix_.+", action: "keep" }]);
  });

  it("may list nodes, and no pods beyond its namespace", async () => {
    const { objects } = await stack("prod", FELIX);
    const roles = ofKind(objects, "ClusterRole").map(({ inputs }) => inputs["rules"]);
    assert.deepEqual(roles, [[{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] }]]);
  });

  it("reaches the nodes at that port alone, which netcheck knows", () => {
    const resolved = environment("prod", FELIX);
    const reached = (partPolicy("prometheus", resolved, []).egress ?? []).filter(({ to }) => to[0]?.ipBlock);
    assert.deepEqual(reached, [
      { to: [{ ipBlock: { cidr: "172.18.0.0/16" } }], ports: [{ protocol: "TCP", port: 9091 }] },
    ]);
    const roles = rolesOf(resolved, { foreign: "elsewhere", existing: [] }, []);
    const prometheus = roles.find(({ name }) => name === "prometheus") ?? assert.fail();
    assert.ok(prometheus.calls.includes(9091));
    assert.equal(whyAddress(prometheus, "172.18.0.2", 9091, resolved), "metrics of Felix");
    for (const [address, port] of [
      ["172.18.0.2", 10250],
      ["172.19.0.2", 9091],
    ] as const)
      assert.equal(whyAddress(prometheus, address, port, resolved), undefined);
  });

  it("has a dashboard of network policies, which there is not without it", () => {
    const dashboards = (observed: object) => Object.keys(createDashboards("shop", ["prometheus"], observed));
    assert.ok(dashboards(FELIX).includes("network.json"));
    assert.ok(!dashboards({}).includes("network.json"));
  });
});

describe("netcheck, where the collector takes traces", () => {
  const roles = (egress: readonly object[]) => {
    const traces = { endpoint: "http://tempo.tracing.svc:4318", egress };
    const resolved = environment("prod", { collector: { traces } } as never);
    const [collector] = rolesOf(resolved, { foreign: "elsewhere", existing: [] }, []).filter(
      ({ kind }) => kind === "collector",
    );
    return { resolved, collector: collector ?? assert.fail() };
  };

  it("expects it to reach the endpoint's addresses, or public ones", () => {
    const named = roles([{ cidr: "10.20.0.0/16", ports: [4318] }]);
    assert.equal(whyAddress(named.collector, "10.20.0.9", 4318, named.resolved), "egress");
    assert.equal(whyAddress(named.collector, "93.184.216.34", 443, named.resolved), undefined);
    const open = roles([]);
    assert.equal(whyAddress(open.collector, "93.184.216.34", 443, open.resolved), "where traces go");
    assert.equal(whyAddress(open.collector, "10.20.0.9", 4318, open.resolved), undefined);
  });
});
