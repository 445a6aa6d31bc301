import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { CATALOGUE, CLUSTER_IMAGES, IMAGE_TOOLS, toolsOf, type ImageName } from "../../../images/index.ts";
import { entryOf } from "../../../images/catalogue.ts";
import { NODE_VERSION } from "../../../images/node-images.ts";
import { fullReference, type RootRecipe } from "../../../images/recipe.ts";
import { ownFile } from "../../../images/root-folder.ts";
import { componentsOf } from "../../../clusters/toolchain/components.ts";
import { binariesOf } from "../../../clusters/toolchain/recipe.ts";
import { IMAGES } from "../../../spec/index.ts";

const names = Object.keys(CATALOGUE) as ImageName[];
const roots = names.map(entryOf).flatMap((entry): RootRecipe[] => ("root" in entry ? [entry.root] : []));
const sources = roots.flatMap((root) => (root.copy ?? []).map(({ from }) => from));

describe("the catalogue of images", () => {
  it("has every image of the product, each with a recipe or the reason why there is none", () => {
    for (const [name, { image }] of Object.entries(IMAGES)) {
      assert.ok(name in CATALOGUE, name);
      const entry = entryOf(name as ImageName);
      assert.equal(entry.reference, fullReference(image));
      if ("unavailable" in entry) assert.notEqual(entry.unavailable, "");
    }
  });

  it("runs the data stores and servers as the users that the product sets", () => {
    for (const [name, { user }] of Object.entries(IMAGES)) {
      const entry = entryOf(name as ImageName);
      if ("unavailable" in entry || user === 0) continue;
      assert.ok("root" in entry);
      const ids = [65534, ...Object.values(entry.root.users ?? {}).map(({ id }) => id)];
      assert.ok(ids.includes(user), `${name} has no user ${user}`);
    }
  });

  it("gives every reference a host, a folder and a tag, and none twice", () => {
    const references = names.map((name) => CATALOGUE[name].reference);
    for (const reference of references)
      assert.match(reference, /^(docker\.io|registry\.k8s\.io|localhost)\/[a-z0-9-]+\/[a-z0-9_-]+:[\w.-]+$/);
    assert.equal(new Set(references).size, references.length);
  });

  it("keeps the images that others are built on out of clusters", () => {
    assert.ok(CLUSTER_IMAGES.includes("guestbook") && CLUSTER_IMAGES.includes("busybox"));
    for (const name of ["nodeBuilder", "rustBuilder", "ccRuntime"] as const) assert.ok(!CLUSTER_IMAGES.includes(name));
  });

  it("copies files that exist, and executables that the named tools have", () => {
    const binaries = componentsOf(IMAGE_TOOLS).flatMap(({ recipe }) => binariesOf(recipe));
    for (const from of sources) {
      if ("file" in from) assert.ok(existsSync(ownFile(from.file)), from.file);
      if ("tool" in from) assert.ok(binaries.includes(from.tool), from.tool);
    }
  });

  it("asks for the tools that go into the named images and those below them, and for no others", () => {
    assert.deepEqual(toolsOf(["redis7", "prometheus", "busybox"]), ["prometheus"]);
    assert.deepEqual(toolsOf(["redisExporter", "nodeExporter"]), ["node-exporter", "redis-exporter"]);
    assert.deepEqual(toolsOf(["platform"]), ["pulumi", "kubectl"]);
    assert.deepEqual(toolsOf(["grafana"]), []);
    assert.deepEqual(toolsOf(names), IMAGE_TOOLS);
  });

  it("has the Node that runs Terrarium itself", () => {
    const bootstrap = readFileSync(new URL("../../../bin/bootstrap", import.meta.url), "utf8");
    assert.ok(bootstrap.includes(`terrarium_node_version=${NODE_VERSION}\n`));
    assert.ok(IMAGES.node.image.startsWith(`node:${NODE_VERSION}-`));
  });
});

describe("a full reference", () => {
  it("names the registry and the folder that a kubelet adds by itself", () => {
    assert.equal(fullReference("redis:7"), "docker.io/library/redis:7");
    assert.equal(fullReference("prom/prometheus:v3"), "docker.io/prom/prometheus:v3");
    assert.equal(fullReference("localhost/a/b:1"), "localhost/a/b:1");
    assert.equal(fullReference("localhost:5000/b:1"), "localhost:5000/b:1");
    assert.equal(fullReference("ghcr.io/a/b:1"), "ghcr.io/a/b:1");
  });
});

describe("the entry points", () => {
  const files = new Set(sources.flatMap((from) => ("file" in from && from.file.endsWith(".sh") ? [from.file] : [])));
  const scripts = [...files].map(ownFile);

  it("are scripts that their shells can parse", () => {
    assert.equal(scripts.length, 2);
    for (const script of scripts) {
      const shell = /^#!(\/bin\/\w+)\n/.exec(readFileSync(script, "utf8"))?.[1] ?? "";
      execFileSync(shell, ["-n", script]);
    }
  });

  it("run a command that is not the server as it is", () => {
    for (const script of scripts) {
      assert.equal(execFileSync(script, ["echo", "as it is"], { encoding: "utf8" }), "as it is\n");
    }
  });
});
