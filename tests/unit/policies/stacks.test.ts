import assert from "node:assert/strict";
import { contextOf, messageOf, type ObjectRule } from "../../../policies/rule.ts";
import { imageRules } from "../../../policies/images.ts";
import { KubeObject } from "../../../policies/kube-object.ts";
import { TIERS } from "../../../spec/index.ts";
import { judge, put, shop, violated, type Manifest } from "./shop.ts";

describe("the rules about networks", () => {
  it("find pods that no policy selects for a direction", () => {
    const objects = shop();
    put(objects.closed, "spec.policyTypes", ["Ingress"]);
    for (const policy of ["webPolicy", "databasePolicy"] as const)
      put(objects[policy], "spec.policyTypes", ["Ingress"]);
    const { violations } = judge(Object.values(objects));
    const covered = violations.filter(({ rule }) => rule === "network-policy-coverage");
    assert.deepEqual(covered.map(({ object }) => object.toString()).sort(), [
      "Deployment shop/web",
      "StatefulSet shop/database",
    ]);
    assert.match(covered[0]?.message ?? "", /selected by no policy for Egress\./);
  });

  it("take a policy without policyTypes for one of ingress, and of egress where it has such rules", () => {
    const objects = shop();
    for (const spec of [
      objects.closed.spec,
      ...[objects.webPolicy, objects.databasePolicy].map(({ spec }) => spec as Manifest),
    ]) {
      put(spec, "policyTypes", undefined);
      put(spec, "egress", undefined);
    }
    assert.ok(violated(Object.values(objects)).includes("network-policy-coverage"));
    put(objects.closed, "spec.egress", []);
    assert.deepEqual(violated(Object.values(objects)), []);
  });
});

describe("the rules about whole stacks", () => {
  it("say nothing of selectors where a part of the stack is not known", () => {
    const objects = shop();
    put(objects.service, "spec.selector", { app: "from-a-chart" });
    assert.deepEqual(violated(Object.values(objects)), ["service-selects-pods"]);
    assert.deepEqual(violated(Object.values(objects), { isPartial: true }), []);
  });

  it("do not mix namespaces", () => {
    const objects = shop();
    put(objects.service, "metadata.namespace", "elsewhere");
    assert.deepEqual(violated(Object.values(objects)), ["service-selects-pods"]);
  });
});

describe("the tier", () => {
  const objects = shop();
  put(objects.web, "spec.template.spec.containers.0.image", "example.com/shop:latest");
  put(objects.autoscaler, "spec.minReplicas", 1);

  it("makes violations advice in dev, and mandatory elsewhere", () => {
    const levels = TIERS.map(
      (tier) => new Set(judge(Object.values(objects), { tier }).violations.map(({ level }) => level)),
    );
    assert.deepEqual(levels, [new Set(["advisory"]), new Set(["mandatory"]), new Set(["mandatory"])]);
  });

  it("asks for several pods in production alone", () => {
    const rules = TIERS.map((tier) => violated(Object.values(objects), { tier }));
    assert.deepEqual(rules, [["pinned-images"], ["pinned-images"], ["pinned-images", "replicas-in-production"]]);
  });
});

describe("allowed registries", () => {
  const rule = imageRules.find(({ name }) => name === "allowed-registries") as ObjectRule;
  const allows = (image: string, ...registries: string[]): boolean => {
    const { web } = shop();
    put(web, "spec.template.spec.containers.0.image", image);
    return rule.check(new KubeObject(web), contextOf(rule, "prod", { registries })).length === 0;
  };

  it("are all, unless the configuration names some", () => {
    assert.ok(allows("example.com/shop:1"));
  });

  for (const [image, registry, isAllowed] of [
    ["example.com/shop:1", "example.com", true],
    ["example.com/team/shop:1", "example.com/team", true],
    ["example.com/team/shop:1", "example.com/team/", true],
    ["example.com/team-of-others/shop:1", "example.com/team", false],
    ["example.com.evil.org/shop:1", "example.com", false],
    ["localhost:5000/shop:1", "localhost:5000", true],
    ["redis:7", "docker.io", true],
    ["redis:7", "docker.io/library", true],
    ["grafana/loki:3", "docker.io/grafana", true],
    ["grafana/loki:3", "docker.io/library", false],
  ] as const) {
    it(`${isAllowed ? "have" : "have not"} ${image} where ${registry} is allowed`, () => {
      assert.equal(allows(image, registry), isAllowed);
    });
  }
});

describe("a message", () => {
  it("says of which object, where, what is wrong and what to do", () => {
    const objects = shop();
    put(objects.web, "spec.template.spec.containers.0.image", "example.com/shop:latest");
    const [violation] = judge(Object.values(objects)).violations;
    assert.equal(
      violation?.message,
      "Deployment shop/web: spec.template.spec.containers[web].image is example.com/shop:latest. Name a tag other than latest, or a digest.",
    );
  });

  it("is complete without a name, and for the object as a whole", () => {
    const rule = imageRules[0] as ObjectRule;
    const object = new KubeObject({ apiVersion: "v1", kind: "Pod", metadata: { generateName: "x" } }, { name: "one" });
    assert.match(messageOf(rule, object, { at: object.root, problem: "is odd" }), /^Pod one: it is odd\. Name a tag/);
  });
});
