import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { recipeKey } from "../../../clusters/toolchain/cache-key.ts";
import { defaultCacheDir } from "../../../clusters/toolchain/index.ts";
import { kubeconform } from "../../../clusters/toolchain/checker-recipes.ts";
import { scratchFolder } from "./scratch.ts";

const modules = fileURLToPath(new URL("../../../clusters/toolchain/go", import.meta.url));
const linux = { platform: "linux", arch: "x64" } as const;

describe("toolchain cache key", () => {
  const scratch = scratchFolder();

  it("is the same for the same recipe, modules and machine", async () => {
    const first = await recipeKey(kubeconform, modules, linux);
    assert.equal(await recipeKey(kubeconform, modules, linux), first);
    assert.match(first, /^[0-9a-f]{16}$/);
  });

  it("changes with a version in the recipe", async () => {
    const [step] = kubeconform.builds ?? [];
    assert.ok(step);
    const newer = { ...kubeconform, builds: [{ ...step, variables: { "main.version": "v9.9.9" } }] };
    assert.notEqual(await recipeKey(newer, modules, linux), await recipeKey(kubeconform, modules, linux));
  });

  it("changes with go.mod and with go.sum", async () => {
    const keys = new Set([await recipeKey(kubeconform, modules, linux)]);
    for (const file of ["go.mod", "go.sum"]) {
      const copy = scratch.path(file, "kubeconform");
      await cp(`${modules}/kubeconform`, copy, { recursive: true });
      await writeFile(`${copy}/${file}`, (await readFile(`${copy}/${file}`, "utf8")).replace("1", "2"));
      keys.add(await recipeKey(kubeconform, scratch.path(file), linux));
    }
    assert.equal(keys.size, 3);
  });

  it("changes with the platform and the architecture", async () => {
    const keys = await Promise.all([
      recipeKey(kubeconform, modules, linux),
      recipeKey(kubeconform, modules, { ...linux, arch: "arm64" }),
      recipeKey(kubeconform, modules, { ...linux, platform: "darwin" }),
    ]);
    assert.equal(new Set(keys).size, 3);
  });
});

describe("toolchain cache folder", () => {
  it("is ~/.cache/terrarium on Linux and ~/Library/Caches/terrarium on macOS", () => {
    assert.equal(defaultCacheDir({}, "linux", "/home/a"), "/home/a/.cache/terrarium");
    assert.equal(defaultCacheDir({}, "darwin", "/Users/a"), "/Users/a/Library/Caches/terrarium");
  });

  it("follows XDG_CACHE_HOME, and TERRARIUM_CACHE before that", () => {
    assert.equal(defaultCacheDir({ XDG_CACHE_HOME: "/x" }, "linux", "/home/a"), "/x/terrarium");
    assert.equal(defaultCacheDir({ XDG_CACHE_HOME: "/x", TERRARIUM_CACHE: "/t" }, "linux", "/home/a"), "/t");
  });
});
