import assert from "node:assert/strict";
import { parse } from "yaml";
import { kustomizeTree } from "../../../gitops/kustomize.ts";
import { sampleObject, sampleStack } from "./sample-stacks.ts";

interface Overlay {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly target: { readonly name: string }; readonly patch: string }[];
}

interface Flux {
  readonly spec: {
    readonly path: string;
    readonly prune: boolean;
    readonly force?: boolean;
    readonly wait?: boolean;
    readonly dependsOn?: readonly { readonly name: string }[];
    readonly healthChecks?: readonly { readonly kind: string; readonly name: string }[];
    readonly decryption?: { readonly provider: string };
  };
}

const files = (...stacks: Parameters<typeof kustomizeTree>[0][number][]) => kustomizeTree(stacks, "deploy").files;

function read<T>(from: ReadonlyMap<string, string>, path: string): T {
  const text = from.get(path);
  assert.ok(text !== undefined, `${path} is not among ${[...from.keys()].join(", ")}`);
  return parse(text) as T;
}

describe("an export for kustomize", () => {
  it("has in its base what stacks share, without their names", () => {
    const tree = files(sampleStack("dev"), sampleStack("prod", { replicas: 3 }));
    const base = [...tree].filter(([path]) => path.startsWith("base/"));
    for (const [path, text] of base) assert.doesNotMatch(text, /shop-(dev|prod)/, path);
    assert.deepEqual(read(tree, "base/services/deployment-shop-mf.yaml"), {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        labels: { "app.kubernetes.io/component": "microfrontend", "app.kubernetes.io/name": "shop-mf" },
        name: "shop-mf",
      },
      spec: {
        selector: { matchLabels: { "app.kubernetes.io/name": "shop-mf" } },
        template: { spec: { containers: [{ image: "registry.example.com/shop:1.0.0", name: "shop-mf" }] } },
      },
    });
  });

  it("has in each overlay only what the stack has for itself", () => {
    const tree = files(sampleStack("dev"), sampleStack("prod", { replicas: 3 }));
    const overlay = read<Overlay>(tree, "overlays/prod/services/kustomization.yaml");
    assert.deepEqual(
      [overlay.namespace, overlay.resources],
      ["shop-prod", ["../../../base/services", "secret-shop-mf.yaml"]],
    );
    assert.deepEqual(
      overlay.patches?.map(({ target, patch }) => [target.name, parse(patch) as unknown]),
      [
        [
          "shop-mf",
          [
            { op: "add", path: "/spec/replicas", value: 3 },
            { op: "add", path: "/spec/selector/matchLabels/app.kubernetes.io~1instance", value: "shop-prod" },
          ],
        ],
      ],
    );
  });

  it("is changed in no other overlay and not in the base when one stack changes where it differed before", () => {
    const before = files(sampleStack("dev"), sampleStack("prod", { replicas: 3 }));
    const after = files(sampleStack("dev"), sampleStack("prod", { replicas: 4 }));
    const changed = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
    assert.deepEqual(changed, ["overlays/prod/services/kustomization.yaml"]);
  });

  it("does not depend on the order in which the program made the objects", () => {
    const stack = sampleStack("dev");
    const turned = { ...stack, objects: stack.objects.toReversed() };
    assert.deepEqual([...files(stack)].sort(), [...files(turned)].sort());
  });

  it("puts an equal change of several objects into one patch", () => {
    const worker = (stack: string, replicas: number) =>
      sampleObject(stack, ["apps/v1", "Deployment", "shop.worker"], ["shop-mf", "worker"], {
        spec: { replicas, paused: true },
      });
    const [dev, prod] = [["dev", 1] as const, ["prod", 3] as const].map(([name, replicas]) =>
      sampleStack(name, { replicas, extra: [worker(name, replicas)] }),
    );
    assert.ok(dev && prod);
    const { patches } = read<Overlay>(files(dev, prod), "overlays/prod/services/kustomization.yaml");
    const both = patches?.find(({ target }) => target.name === "(shop-mf|shop\\.worker)");
    assert.deepEqual(parse(String(both?.patch)), [{ op: "add", path: "/spec/replicas", value: 3 }]);
  });

  it("keeps the last line break of a text, which kustomize would cut off with the end of its patch", () => {
    const config = (stack: string) =>
      sampleObject(stack, ["v1", "ConfigMap", "shop-mf"], ["shop-mf", "microfrontend"], {
        data: { "shop.conf": `stage ${stack}\nend\n` },
      });
    const stacks = ["dev", "prod"].map((name) => sampleStack(name, { extra: [config(name)] }));
    const { patches } = read<Overlay>(files(...stacks), "overlays/prod/services/kustomization.yaml");
    const patch = patches?.find(({ patch: text }) => text.includes("stage prod"))?.patch ?? "";
    assert.match(patch, /# end\n$/);
    assert.deepEqual(parse(patch), [{ op: "add", path: "/data", value: { "shop.conf": "stage prod\nend\n" } }]);
  });

  it("gives Secrets to be encrypted and never a file with their values", () => {
    const { files: plain, secrets } = kustomizeTree([sampleStack("dev"), sampleStack("prod")], "");
    assert.deepEqual(
      [...secrets.keys()],
      ["overlays/dev/services/secret-shop-mf.yaml", "overlays/prod/services/secret-shop-mf.yaml"],
    );
    for (const [path, text] of plain) assert.doesNotMatch(text, /kind: Secret|ZGV2|cHJvZA==/, path);
  });

  it("lets Flux wait for what tells when it is ready, in the order of the stages", () => {
    const tree = files(sampleStack("dev"));
    const { spec } = read<Flux>(tree, "flux/dev/services.yaml");
    assert.deepEqual(
      spec.dependsOn?.map(({ name }) => name),
      ["shop-dev-foundation", "shop-dev-data-stores", "shop-dev-migrations"],
    );
    assert.deepEqual(
      spec.healthChecks?.map(({ kind, name }) => `${kind}/${name}`),
      ["Deployment/shop-mf"],
    );
    assert.deepEqual([spec.path, spec.decryption?.provider], ["./deploy/overlays/dev/services", "sops"]);
    assert.equal(read<Flux>(tree, "flux/dev/migrations.yaml").spec.force, true);
    assert.equal(read<Flux>(tree, "flux/dev/foundation.yaml").spec.wait, true);
  });

  it("lets Flux remove what is left over, but never what holds protected data", () => {
    const prune = (deletion: "protect" | "delete", stage: string) =>
      read<Flux>(files(sampleStack("dev", { deletion })), `flux/dev/${stage}.yaml`).spec.prune;
    const stages = ["foundation", "data-stores", "services"];
    assert.deepEqual(
      stages.map((stage) => prune("delete", stage)),
      [true, true, true],
    );
    assert.deepEqual(
      stages.map((stage) => prune("protect", stage)),
      [false, false, true],
    );
  });

  it("is refused for an object that belongs to no part of the environment", () => {
    const stray = sampleObject("dev", ["v1", "ConfigMap", "stray"], ["stray", "backend"]);
    assert.throws(
      () => files(sampleStack("dev", { extra: [stray] })),
      /ConfigMap stray belongs to no part of shop-dev/,
    );
  });

  it("is refused for two objects of one name", () => {
    const twice = sampleObject("dev", ["apps/v1", "Deployment", "shop-mf"], ["shop-mf", "microfrontend"]);
    assert.throws(() => files(sampleStack("dev", { extra: [twice] })), /dev has two objects apps\/Deployment\/shop-mf/);
  });
});
