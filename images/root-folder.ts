import { chmod, chown, cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Execute } from "./command.ts";
import { unpackPackages } from "./debian.ts";
import type { CopiedFile, RootRecipe } from "./recipe.ts";

/** Where the sources of a recipe are. */
export interface Sources {
  /** Absolute path of a toolchain's executable. */
  tool(this: void, name: string): string;
  /** Folder of an npm package, e.g. of "npm@11.0.0". */
  npmPackage(this: void, specification: string): Promise<string>;
  /** Folder into which a Python package is installed, e.g. "pip==26.0". */
  pythonPackage(this: void, specification: string): Promise<string>;
}

/** Absolute path of a file of ours. */
export function ownFile(name: string): string {
  return fileURLToPath(new URL(`./files/${name}`, import.meta.url));
}

/**
 * Makes the root folder of an image.
 *
 * @param root absolute path; it must not exist.
 * @throws ImageError when a package can't be had or a command fails.
 */
export async function makeRootFolder(
  recipe: RootRecipe,
  root: string,
  sources: Sources,
  execute: Execute,
): Promise<void> {
  if (recipe.packages === undefined) {
    await mkdir(root);
  } else {
    await unpackPackages(recipe.packages, root, execute);
    // An installation script of Debian's puts links in the place of these folders.
    await replaceByLink(root, "var/run", "/run");
    await replaceByLink(root, "var/lock", "/run/lock");
  }
  await chmod(root, 0o755);
  for (const file of recipe.copy ?? []) {
    await copy(file, root, sources);
  }
  for (const [path, target] of Object.entries(recipe.links ?? {})) {
    await replaceByLink(root, path, target);
  }
  for (const { path, owner = 0, mode = 0o755 } of recipe.folders ?? []) {
    const folder = join(root, path);
    await mkdir(folder, { recursive: true });
    if (owner !== 0) await chown(folder, owner, owner);
    await chmod(folder, mode);
  }
  await writeUsers(recipe, root);
  for (const command of recipe.commands ?? []) {
    await execute(`preparing the image's files with ${command}`, ["sh", "-eu", "-c", command], { cwd: root });
  }
}

async function copy({ from, to }: CopiedFile, root: string, sources: Sources): Promise<void> {
  const target = join(root, to);
  await mkdir(dirname(target), { recursive: true });
  await cp(await sourceOf(from, sources), target, { recursive: true, dereference: true });
}

async function sourceOf(from: CopiedFile["from"], sources: Sources): Promise<string> {
  if ("file" in from) return ownFile(from.file);
  if ("tool" in from) return sources.tool(from.tool);
  const folder = "npm" in from ? sources.npmPackage(from.npm) : sources.pythonPackage(from.python);
  return join(await folder, from.path);
}

async function replaceByLink(root: string, path: string, target: string): Promise<void> {
  const file = join(root, path);
  await rm(file, { recursive: true, force: true });
  await mkdir(dirname(file), { recursive: true });
  await symlink(target, file);
}

/** Programs look up the name of the user that they run as. */
async function writeUsers({ users = {} }: RootRecipe, root: string): Promise<void> {
  const all = {
    root: { id: 0, home: "/root" },
    ...users,
    nobody: { id: 65534, home: "/nonexistent" },
  };
  const passwd = Object.entries(all).map(([name, { id, home }]) => `${name}:x:${id}:${id}:${name}:${home}:/bin/sh\n`);
  const group = Object.entries(all).map(([name, { id }]) => `${name === "nobody" ? "nogroup" : name}:x:${id}:\n`);
  await mkdir(join(root, "etc"), { recursive: true });
  await writeFile(join(root, "etc/passwd"), passwd.join(""));
  await writeFile(join(root, "etc/group"), group.join(""));
}
