import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { filesBelow } from "../clusters/toolchain/cache-key.ts";
import { ImageError } from "./errors.ts";
import type { DockerfileRecipe, RootRecipe } from "./recipe.ts";
import { ownFile, type Sources } from "./root-folder.ts";

/** Raised when the code in this folder makes something else of the same recipe. */
const FORMAT = 1;
const keyLength = 16;

/**
 * The key of an image made from a root folder: a prefix of the SHA-256 over its reference, its recipe, our files and the
 * toolchain's executables in it, and the processor. Packages of Debian and of registries count by name and version as the
 * recipe has them: an image stays as it is until its recipe changes.
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
 * The key of an image made from a Dockerfile: its reference, its recipe, the files of its build and the keys of what it is
 * built on.
 *
 * @param context absolute path of the build's folder.
 */
export async function dockerfileKey(
  reference: string,
  recipe: DockerfileRecipe,
  context: string,
  bases: Readonly<Record<string, string>>,
): Promise<string> {
  const files: string[][] = [];
  for (const file of await filesOfBuild(context)) {
    files.push([relative(context, file), String((await stat(file)).mode & 0o111), await digest(file)]);
  }
  return keyOf({ reference, recipe, files, bases });
}

/**
 * The files that a build sees, and what decides about them.
 *
 * @throws ImageError unless .dockerignore leaves everything out but what it names.
 */
async function filesOfBuild(context: string): Promise<string[]> {
  const ignore = join(context, ".dockerignore");
  const [first, ...others] = (await readFile(ignore, "utf8"))
    .split("\n")
    .filter((line) => line !== "" && line[0] !== "#");
  if (first !== "*" || others.some((line) => !/^![\w.-]+$/.test(line))) {
    throw new ImageError(`${ignore}: the first line must be "*", each other one "!" and a file or folder of the build`);
  }
  const named = ["Dockerfile", ".dockerignore", ...others.map((line) => line.slice(1))].map((name) =>
    join(context, name),
  );
  const files = await Promise.all(
    named.map(async (path) => ((await stat(path)).isDirectory() ? filesBelow(path) : [path])),
  );
  return files.flat();
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
