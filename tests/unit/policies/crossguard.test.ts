import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { toPolicy, waiverListPolicy } from "../../../policies/crossguard.ts";
import { RULES } from "../../../policies/rules.ts";
import { tierOf } from "../../../policies/tier.ts";
import { put, shop, TODAY } from "./shop.ts";

/** What the engine's policies get to see: reading an unknown value throws. The SDK keeps its types to itself. */
const { unknownCheckingProxy, unknownStringValue } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
  unknownCheckingProxy: (props: object) => Record<string, unknown>;
  unknownStringValue: string;
};

const ARGS = { tier: "prod", today: TODAY } as const;

interface Reported {
  readonly message: string;
  readonly urn?: string;
}

function resource(object: { readonly kind: string }, type = `kubernetes:any:${object.kind}`) {
  return { type, urn: `urn:${object.kind}`, name: object.kind.toLowerCase(), props: unknownCheckingProxy(object) };
}

/** What a rule reports of these resources, with the pack's configuration. */
function report(name: string, resources: readonly ReturnType<typeof resource>[], config: object = {}): Reported[] {
  const rule = RULES.find((candidate) => candidate.name === name);
  assert.ok(rule);
  const policy = toPolicy(rule, ARGS);
  const reported: Reported[] = [];
  const tell = (message: unknown, urn?: string) => reported.push({ message: String(message), ...(urn ? { urn } : {}) });
  const getConfig = () => config;
  if ("validateStack" in policy) {
    void policy.validateStack({ resources, getConfig } as unknown as StackValidationArgs, tell);
    return reported;
  }
  assert.equal(typeof policy.validateResource, "function");
  const validate = policy.validateResource as (args: ResourceValidationArgs, tell: unknown) => void;
  for (const each of resources) validate({ ...each, getConfig } as unknown as ResourceValidationArgs, tell);
  return reported;
}

describe("the engine's policies", () => {
  it("are the rules, by name and with what can be configured", () => {
    const policies = RULES.map((rule) => toPolicy(rule, ARGS));
    for (const { name, description } of policies) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.match(description, /^[A-Z].*\.$/);
    }
    const replicas = policies.find(({ name }) => name === "replicas-in-production");
    assert.deepEqual(replicas?.configSchema?.properties, {
      minimum: { description: "Smallest number of pods.", type: "integer", minimum: 1, default: 2 },
    });
  });

  it("report a resource's violations", () => {
    const { web } = shop();
    put(web, "spec.template.spec.hostNetwork", true);
    const [{ message } = { message: "" }, ...others] = report("pod-security-host-namespaces", [resource(web)]);
    assert.match(message, /^Deployment shop\/web: spec\.template\.spec\.hostNetwork is true\./);
    assert.deepEqual(others, []);
  });

  it("report a stack's violations at the resource that is meant", () => {
    const { web, service } = shop();
    put(service, "spec.selector", { app: "x" });
    const reported = report("service-selects-pods", [resource(web), resource(service)]);
    assert.deepEqual(
      reported.map(({ urn }) => urn),
      ["urn:Service"],
    );
  });

  it("go on where a value can't be known yet", () => {
    const { web } = shop();
    put(web, "spec.template.spec.containers.0.image", unknownStringValue);
    put(web, "metadata.namespace", unknownStringValue);
    put(web, "spec.template.spec.containers.0.args", [`--id=${unknownStringValue}`]);
    put(web, "spec.template.spec.hostIPC", true);
    for (const { name } of RULES) {
      const expected = name === "pod-security-host-namespaces" ? 1 : /^network|replicas/.test(name) ? undefined : 0;
      const { length } = report(name, [resource(web)]);
      if (expected !== undefined) assert.equal(length, expected, name);
    }
  });

  it("have the settings of the pack's configuration", () => {
    const { web, autoscaler } = shop();
    const resources = [resource(web), resource(autoscaler)];
    assert.deepEqual(report("replicas-in-production", resources), []);
    assert.equal(report("replicas-in-production", resources, { minimum: 3 }).length, 1);
    assert.equal(report("standard-labels", [resource(web)], { labels: ["team"], workloadLabels: [] }).length, 2);
  });

  it("respect waivers, and list them", () => {
    const { web } = shop();
    put(web, "spec.template.spec.hostNetwork", true);
    put(web, "metadata.annotations", {
      "waiver.terrarium.dev/pod-security-host-namespaces": "until 2026-12-31: speaks the node's protocol",
    });
    assert.deepEqual(report("pod-security-host-namespaces", [resource(web)]), []);
    const lists: string[] = [];
    const { validateStack } = waiverListPolicy(ARGS);
    void validateStack({ resources: [resource(web)] } as unknown as StackValidationArgs, (text) =>
      lists.push(String(text)),
    );
    assert.deepEqual(lists, [
      "Deployment shop/web is let off pod-security-host-namespaces until 2026-12-31: speaks the node's protocol",
    ]);
  });

  it("leave alone what is no Kubernetes object, and say nothing of selectors beside a Helm release", () => {
    const { service } = shop();
    put(service, "spec.selector", { app: "from-a-chart" });
    const release = { ...resource({ kind: "Release" }), type: "kubernetes:helm.sh/v3:Release" };
    const bucket = { ...resource({ kind: "Bucket" }), type: "aws:s3:Bucket" };
    assert.deepEqual(report("service-selects-pods", [release, bucket, resource(service)]), []);
    assert.equal(report("service-selects-pods", [bucket, resource(service)]).length, 1);
    assert.deepEqual(report("standard-labels", [release, bucket]), []);
  });

  it("ask nothing of a patch but whose object it is", () => {
    const { web } = shop();
    const part = { apiVersion: web.apiVersion, kind: web.kind, metadata: { name: "web", namespace: "shop" } };
    const patch = resource(part, "kubernetes:apps/v1:DeploymentPatch");
    const reporting = RULES.filter(({ name }) => report(name, [patch]).length > 0).map(({ name }) => name);
    assert.deepEqual(reporting, ["no-changes-outside-the-program"]);
  });
});

describe("the tier of a stack", () => {
  const of = (stack: string, config: object = {}) =>
    tierOf({ PULUMI_PROJECT: "shop", PULUMI_STACK: stack, PULUMI_CONFIG: JSON.stringify(config) });

  it("is what its configuration says, else its name, else staging", () => {
    assert.equal(of("blue", { "shop:tier": "prod" }), "prod");
    assert.equal(of("prod", { "shop:tier": "dev" }), "dev");
    assert.equal(of("prod"), "prod");
    assert.equal(of("blue", { "other:tier": "dev" }), "staging");
    assert.equal(tierOf({}), "staging");
  });
});
