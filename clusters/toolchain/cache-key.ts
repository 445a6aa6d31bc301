import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { foldersOf, type Recipe } from "./recipe.ts";
import { goModules, versions } from "./versions.ts";

/** What a build's result depends on besides its recipe. */
export interface Target {
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
}

const keyLength = 16;

/**
 * The key of one component: a prefix of the SHA-256 over its recipe (which holds the pinned versions), the pinned modules
 * and every file of the module folders it reads (go.mod, go.sum, sources), the platform and the architecture.
 *
 * @param modulesDir the folder that holds one folder per Go module.
 */
export async function recipeKey(recipe: Recipe, modulesDir: string, target: Target): Promise<string> {
  const hash = createHash("sha256");
  const folders = foldersOf(recipe);
  const pins = folders.map((folder) => goModules[folder] ?? {});
  hash.update(JSON.stringify({ recipe, pins, platform: target.platform, arch: target.arch }));
  for (const folder of folders) {
    for (const file of await filesBelow(join(modulesDir, folder))) {
      const content = await readFile(file);
      hash.update(JSON.stringify([relative(modulesDir, file), content.length]));
      hash.update(content);
    }
  }
  return hash.digest("hex").slice(0, keyLength);
}

/** The key of a component that comes from an official download. */
export function officialKey(name: string, version: string, target: Target): string {
  return textKey({ name, version, platform: target.platform, arch: target.arch });
}

/** The key of a set of choices, e.g. of the executables that one folder holds. */
export function textKey(value: unknown): string {
  return createHash("sha256").update(JSON.stringify({ versions, value })).digest("hex").slice(0, keyLength);
}

/** All files below a folder, in an order that doesn't depend on the file system. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
