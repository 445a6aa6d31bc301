import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { filesBelow } from "../clusters/toolchain/cache-key.ts";
import type { RootRecipe } from "./recipe.ts";
import { ownFile, type Sources } from "./root-folder.ts";

/** Raised when the code in this folder makes something else of the same recipe. */
const FORMAT = 1;
const keyLength = 16;

/**
 * The key of an image made from a root folder: a prefix of the SHA-256 over its reference, its recipe, our files and the
 * toolchain's executables in it, and the processor. Debian's and npm's packages count by name and version as the recipe has
 * them: an image stays as it is until its recipe changes.
 */
export async function rootKey(reference: string, recipe: RootRecipe, sources: Pick<Sources, "tool">): Promise<string> {
  const contents: string[] = [];
  for (const { from } of recipe.copy ?? []) {
    if ("file" in from) contents.push(await digest(ownFile(from.file)));
    if ("tool" in from) contents.push(await digest(sources.tool(from.tool)));
  }
  return keyOf({ reference, recipe, contents, arch: process.arch });
}

/**
 * The key of an image made from a Dockerfile: its reference, the files of its build and the keys of what it is built on.
 *
 * @param context absolute path of the build's folder; node_modules in it does not count.
 */
export async function dockerfileKey(
  reference: string,
  context: string,
  bases: Readonly<Record<string, string>>,
): Promise<string> {
  const files: string[][] = [];
  for (const file of await filesBelow(context)) {
    const path = relative(context, file);
    if (!isInstalled(path)) files.push([path, String((await stat(file)).mode & 0o111), await digest(file)]);
  }
  return keyOf({ reference, files, bases });
}

/** Whether a path is below the packages that npm has installed beside the sources. */
function isInstalled(path: string): boolean {
  return path.split("/").includes("node_modules");
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

function keyOf(value: object): string {
  return createHash("sha256")
    .update(JSON.stringify({ FORMAT, ...value }))
    .digest("hex")
    .slice(0, keyLength);
}
