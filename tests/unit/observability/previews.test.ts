import assert from "node:assert/strict";
import { parse } from "yaml";
import { partPolicy } from "../../../components/network-policies.ts";
import { environment, find, ofKind, stack, type Manifest } from "./fixtures.ts";

interface Job {
  readonly job_name: string;
  readonly kubernetes_sd_configs: readonly { readonly namespaces?: object; readonly selectors?: readonly object[] }[];
  readonly relabel_configs: readonly { readonly regex?: string; readonly action?: string }[];
}

async function jobs(previews: boolean) {
  const { objects } = await stack("staging", { previews });
  const text = find<Manifest>(objects, "ConfigMap", "prometheus").data?.["prometheus.yml"] ?? "";
  return { objects, jobs: (parse(text) as { scrape_configs: Job[] }).scrape_configs };
}

describe("a Prometheus that also reads previews", () => {
  it("discovers Terrarium's pods in all namespaces, of which it keeps previews and the platform service", async () => {
    const { jobs: found } = await jobs(true);
    const job = found.find(({ job_name }) => job_name === "previews");
    assert.deepEqual(job?.kubernetes_sd_configs, [
      { role: "pod", selectors: [{ role: "pod", label: "app.kubernetes.io/managed-by=terrarium" }] },
    ]);
    const keep = new RegExp(`^(?:${job?.relabel_configs[0]?.regex})$`);
    for (const kept of ["preview-pr-7;web", "terrarium;terrarium-platform"]) assert.match(kept, keep);
    for (const dropped of ["shop;web", "terrarium;other", "my-preview-x;web"]) assert.doesNotMatch(dropped, keep);
  });

  it("may list pods of all namespaces, by objects that are deleted with the environment", async () => {
    const { objects } = await jobs(true);
    const roles = ofKind(objects, "ClusterRole").map(({ inputs }) => inputs["rules"]);
    assert.deepEqual(roles, [[{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]]);
    const [binding] = ofKind(objects, "ClusterRoleBinding");
    assert.deepEqual(binding?.inputs["subjects"], [{ kind: "ServiceAccount", name: "prometheus", namespace: "shop" }]);
  });

  it("is not what an environment has by itself", async () => {
    const { objects, jobs: found } = await jobs(false);
    assert.deepEqual(
      found.map(({ job_name }) => job_name),
      ["pods"],
    );
    assert.deepEqual(ofKind(objects, "ClusterRole"), []);
  });

  it("is let in by an environment that names it, at the ports of metrics only", () => {
    const opened = (observability: object) =>
      (partPolicy("web", environment("dev", { enabled: false, ...observability })).ingress ?? []).map(
        ({ from, ports }) => [
          from[0]?.namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"],
          from[0]?.podSelector?.matchLabels?.["app.kubernetes.io/name"],
          ports.map(({ port }) => port),
        ],
      );
    assert.deepEqual(opened({ sharedStack: "shop-staging" }), [["shop-staging", "prometheus", [8080]]]);
    assert.deepEqual(opened({}), []);
  });
});
