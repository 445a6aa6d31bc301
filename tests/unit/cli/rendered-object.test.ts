import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../../cli/program.ts";
import { manifestsFromPreview, writeManifests } from "../../../cli/render.ts";
import { manifestPath, toManifest, toYaml, unknownValue } from "../../../cli/rendered-object.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { testSurroundings } from "./surroundings.ts";

const envelope = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };

describe("a rendered object", () => {
  it("begins with apiVersion, kind and metadata, and has all other keys in order", () => {
    const manifest = toManifest({
      spec: { b: 1, a: [{ d: 1, c: 2 }] },
      metadata: { name: "x", labels: {} },
      kind: "K",
      apiVersion: "v1",
    });
    assert.ok(manifest);
    assert.equal(
      toYaml(manifest),
      "apiVersion: v1\nkind: K\nmetadata:\n  labels: {}\n  name: x\nspec:\n  a:\n    - c: 2\n      d: 1\n  b: 1\n",
    );
  });

  it("has no value that is unknown before an update, whole or in part", () => {
    const manifest = toManifest({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x", annotations: { known: "yes", checksum: unknownValue, mixed: `sha-${unknownValue}` } },
    });
    assert.deepEqual(manifest?.metadata.annotations, { known: "yes" });
  });

  it("never shows a secret's value, whichever way it is given", () => {
    for (const values of [
      { stringData: { password: "hunter2" } },
      { data: { password: "aHVudGVyMg==" } },
      { stringData: { password: envelope } },
      { stringData: { password: unknownValue } },
      { stringData: envelope },
      { stringData: "[secret]" },
    ]) {
      const manifest = toManifest({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, ...values });
      assert.ok(manifest);
      assert.doesNotMatch(toYaml(manifest), /hunter2|aHVudGVyMg|4dabf181|\[secret\]|04da6b54/);
      assert.ok(manifest.metadata.annotations?.["terrarium.dev/redacted"]);
    }
  });

  it("keeps the keys of a Secret where they are known", () => {
    const manifest = toManifest({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      stringData: { user: "a", password: unknownValue },
    });
    assert.deepEqual((manifest as unknown as { stringData: object }).stringData, {
      user: "redacted",
      password: "redacted",
    });
  });

  it("takes a Secret's keys from the program where the engine hides them, and leaves the note out", () => {
    const manifest = toManifest({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", annotations: { "terrarium.dev/secret-keys": "password,user", team: "blue" } },
      stringData: "[secret]",
    });
    assert.deepEqual((manifest as unknown as { stringData: object }).stringData, {
      password: "redacted",
      user: "redacted",
    });
    assert.deepEqual(Object.keys(manifest?.metadata.annotations ?? {}), ["team", "terrarium.dev/redacted"]);
  });

  it("has no keys where the program names none", () => {
    const metadata = { name: "s", annotations: { "terrarium.dev/secret-keys": "" } };
    const manifest = toManifest({ apiVersion: "v1", kind: "Secret", metadata, stringData: "[secret]" });
    assert.deepEqual((manifest as unknown as { stringData: object }).stringData, {});
  });

  it("has none of the annotations that only the engine reads, and all others", () => {
    const annotated = (annotations: object) =>
      toManifest({ apiVersion: "v1", kind: "Service", metadata: { name: "s", annotations } })?.metadata;
    const engine = { "pulumi.com/skipAwait": "true", "pulumi.com/patchFieldManager": "terrarium" };
    assert.deepEqual(annotated({ ...engine, "example.com/pulumi": "kept" }), {
      annotations: { "example.com/pulumi": "kept" },
      name: "s",
    });
    assert.deepEqual(annotated(engine), { name: "s" });
  });

  it("shows nothing of an envelope outside Secrets either", () => {
    const manifest = toManifest({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c" },
      data: { a: envelope },
    });
    assert.deepEqual((manifest as unknown as { data: object }).data, { a: "redacted" });
  });

  it("is none when the inputs are not a Kubernetes object", () => {
    assert.equal(toManifest({ chart: "x" }), undefined);
    assert.equal(toManifest(undefined), undefined);
    assert.equal(toManifest({ apiVersion: "v1", kind: "Pod", metadata: { generateName: "x-" } }), undefined);
  });

  it("lies in a folder of its namespace, or of the cluster", () => {
    const path = (metadata: object): string =>
      manifestPath({ apiVersion: "v1", kind: "ClusterRole", metadata } as never);
    assert.equal(path({ name: "a", namespace: "n" }), "n/clusterrole-a.yaml");
    assert.equal(path({ name: "system:a" }), "cluster/clusterrole-system-a.yaml");
  });
});

describe("the manifests of a preview", () => {
  const step = (type: string, inputs: object): object => ({ newState: { type, inputs } });

  it("are its Kubernetes objects, in the order of the engine's steps", () => {
    const metadata = (name: string): object => ({ name, namespace: "n" });
    const output = JSON.stringify({
      steps: [
        step("pulumi:pulumi:Stack", {}),
        step("random:index/randomPassword:RandomPassword", { length: 1 }),
        step("kubernetes:core/v1:Secret", {
          apiVersion: "v1",
          kind: "Secret",
          metadata: metadata("db"),
          stringData: "[secret]",
        }),
        step("kubernetes:core/v1:Pod", {
          apiVersion: "v1",
          kind: "Pod",
          metadata: metadata("p"),
        }),
      ],
    });
    const manifests = manifestsFromPreview(output);
    assert.deepEqual(
      manifests.map(({ kind }) => kind),
      ["Secret", "Pod"],
    );
  });
});

describe("the folder of rendered manifests", () => {
  const scratch = useScratchFolder();
  const manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };

  it("has a kustomization that lists every file", async () => {
    const out = join(scratch().path, "out");
    await writeManifests(out, [manifest, { ...manifest, kind: "ConfigMap", metadata: { name: "c", namespace: "n" } }]);
    assert.equal(
      readFileSync(join(out, "kustomization.yaml"), "utf8"),
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - cluster/namespace-n.yaml\n  - n/configmap-c.yaml\n",
    );
  });

  it("loses what an earlier rendering wrote and this one does not", async () => {
    const out = join(scratch().path, "out");
    await writeManifests(out, [{ ...manifest, metadata: { name: "old" } }]);
    await writeManifests(out, [manifest]);
    assert.equal(existsSync(join(out, "cluster/namespace-old.yaml")), false);
    assert.equal(existsSync(join(out, "cluster/namespace-n.yaml")), true);
  });

  it("is an error when two objects would be one file", async () => {
    await assert.rejects(writeManifests(join(scratch().path, "out"), [manifest, manifest]), { name: "CommandFailure" });
  });

  it("is refused when it has files that rendering did not write, and nothing is touched", async () => {
    const kept = scratch().file("out/mine.txt", "mine");
    const surroundings = testSurroundings(scratch());
    assert.equal(await runProgram(["render", "--out", join(scratch().path, "out")], surroundings), 2);
    assert.match(surroundings.output.stderr, /has files that `terrarium render` did not write/);
    assert.equal(readFileSync(kept, "utf8"), "mine");
    assert.deepEqual(scratch().calls(), []);
  });
});
