import assert from "node:assert/strict";
import { parse } from "yaml";
import { helmTree } from "../../../gitops/helm.ts";
import { keyOf, type KubeObject } from "../../../gitops/kube-object.ts";
import { mergePatch } from "../../../spec/index.ts";
import { sampleObject, sampleStack } from "./sample-stacks.ts";

interface Release {
  readonly spec: {
    readonly values: { readonly environment: string; readonly objects: Readonly<Record<string, unknown>> };
    readonly dependsOn?: readonly { readonly name: string }[];
    readonly chart: { readonly spec: { readonly chart: string } };
    readonly targetNamespace: string;
  };
}

const STAGES = ["foundation", "data-stores", "migrations", "services"];
const dev = sampleStack("dev");
const prod = sampleStack("prod", {
  replicas: 3,
  deletion: "protect",
  extra: [
    sampleObject("prod", ["v1", "ConfigMap", "shop-mf"], ["shop-mf", "microfrontend"], { data: { a: "shop-prod" } }),
  ],
});
const { files, secrets } = helmTree([dev, prod], "deploy");

function read<T>(path: string): T {
  const text = files.get(path);
  assert.ok(text !== undefined, `${path} is not among ${[...files.keys()].join(", ")}`);
  return parse(text) as T;
}

/** What the chart's template makes of a release, as far as values go. */
function rendered(stack: string, stage: string): KubeObject[] {
  const { objects } = read<Release["spec"]["values"]>(`chart/${stage}/values.yaml`);
  const { values } = read<Release>(`releases/${stack}/${stage}.yaml`).spec;
  const text = JSON.stringify(mergePatch(objects, values.objects)).replaceAll("((environment))", values.environment);
  return Object.values(JSON.parse(text) as Record<string, KubeObject>);
}

describe("an export for Helm", () => {
  for (const stack of [dev, prod]) {
    it(`has in the chart's values, with the release of ${stack.stack} over them, every object but namespaces and Secrets`, () => {
      const expected = stack.objects.filter(({ kind }) => kind !== "Namespace" && kind !== "Secret");
      const found = STAGES.flatMap((stage) => rendered(stack.stack, stage));
      const byKey = (objects: readonly KubeObject[]) =>
        Object.fromEntries(objects.map((object) => [keyOf(object), object]));
      assert.deepEqual(byKey(found), byKey(expected));
    });
  }

  it("has in a release only what the stack has for itself", () => {
    assert.deepEqual(read<Release>("releases/dev/data-stores.yaml").spec.values, {
      environment: "shop-dev",
      objects: {},
    });
    assert.deepEqual(read<Release>("releases/dev/services.yaml").spec.values.objects, {
      "apps/Deployment/shop-mf": { spec: { replicas: 1 } },
    });
  });

  it("applies namespaces and encrypted Secrets beside the releases, and keeps protected data", () => {
    assert.deepEqual([...secrets.keys()], ["releases/dev/secret-shop-mf.yaml", "releases/prod/secret-shop-mf.yaml"]);
    const { resources } = read<{ resources: string[] }>("releases/prod/kustomization.yaml");
    const releases = STAGES.map((stage) => `${stage}.yaml`);
    assert.deepEqual(resources, ["namespace-shop-prod.yaml", "secret-shop-mf.yaml", ...releases]);
    const prune = (stack: string) => read<{ spec: { prune: boolean } }>(`flux/${stack}.yaml`).spec.prune;
    assert.deepEqual([prune("dev"), prune("prod")], [true, false]);
  });

  it("lets a release wait for the stages that it needs", () => {
    const { spec } = read<Release>("releases/prod/services.yaml");
    assert.deepEqual(
      spec.dependsOn?.map(({ name }) => name),
      ["shop-prod-foundation", "shop-prod-data-stores", "shop-prod-migrations"],
    );
    assert.deepEqual([spec.chart.spec.chart, spec.targetNamespace], ["./deploy/chart/services", "shop-prod"]);
  });

  it("is refused where an object has the text that stands for the environment's name", () => {
    const odd = sampleObject("dev", ["v1", "ConfigMap", "shop-mf"], ["shop-mf", "microfrontend"], {
      data: { a: "((environment))" },
    });
    assert.throws(() => helmTree([sampleStack("dev", { extra: [odd] })], ""), /dev cannot be exported for Helm/);
  });
});
