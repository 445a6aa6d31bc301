import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GoRequiredError } from "./errors.ts";
import { findExecutable } from "./executable.ts";
import { foldersOf, type Recipe } from "./recipe.ts";
import { runCommand } from "./run-command.ts";
import { acceptedOfficial, versions } from "./versions.ts";

/** The environment of every go command: the user's, minus what would build something else than what is pinned. */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = { ...env, CGO_ENABLED: "0", GOWORK: "off", GO111MODULE: "on" };
  delete result["GOOS"];
  delete result["GOARCH"];
  return result;
}

/**
 * Finds a go command that is new enough for the recipes' modules.
 *
 * @param modulesDir the folder that holds one folder per Go module.
 * @returns its absolute path.
 * @throws GoRequiredError that names the version needed, the one found and what to do.
 */
export async function findGo(
  recipes: readonly Recipe[],
  modulesDir: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const needed = await highestRequirement(recipes, modulesDir);
  const titles = recipes.map((recipe) => recipe.title).join(", ");
  const go = await findExecutable("go", env);
  if (go === undefined) {
    throw new GoRequiredError(explain(titles, needed.version, "there is no go on PATH", recipes));
  }
  // Asked inside the module, a go that fetches newer toolchains by itself answers with the one that it would use.
  const version = await goVersion(go, needed.folder, env, signal);
  if (version === undefined || isOlder(version, needed.version)) {
    const own = version ?? (await goVersion(go, "/", env, signal)) ?? "an unknown version";
    throw new GoRequiredError(explain(titles, needed.version, `${go} is ${own}`, recipes));
  }
  return go;
}

async function highestRequirement(
  recipes: readonly Recipe[],
  modulesDir: string,
): Promise<{ version: string; folder: string }> {
  let highest = { version: "0", folder: modulesDir };
  for (const name of new Set(recipes.flatMap(foldersOf))) {
    const folder = join(modulesDir, name);
    const version = /^go (\S+)$/m.exec(await readFile(join(folder, "go.mod"), "utf8"))?.[1] ?? "0";
    if (isOlder(highest.version, version)) {
      highest = { version, folder };
    }
  }
  return highest;
}

async function goVersion(
  go: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const output = await runCommand(go, ["env", "GOVERSION"], {
      cwd,
      env: goEnvironment(env),
      ...(signal && { signal }),
    });
    return output.trim() || undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Compares "go1.24.11", "1.24" and the like; a missing patch number counts as 0. */
function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}

const official: Readonly<Record<string, string>> = {
  pulumi: `the official Pulumi CLI (${acceptedOfficial.pulumi}, https://www.pulumi.com/docs/install/)`,
  "pulumi-resource-kubernetes": `its plugin (pulumi plugin install resource kubernetes ${versions.kubernetesPlugin})`,
  "pulumi-resource-random": `its plugin (pulumi plugin install resource random ${versions.randomPlugin})`,
  kubectl: `kubectl (${acceptedOfficial.kubectl})`,
  kind: `kind (${acceptedOfficial.kind})`,
  sops: `sops (${acceptedOfficial.sops})`,
};

function explain(titles: string, needed: string, found: string, recipes: readonly Recipe[]): string {
  const ways = recipes.map((recipe) => official[recipe.name]).filter((way) => way !== undefined);
  const others = recipes.filter((recipe) => official[recipe.name] === undefined).map((recipe) => recipe.name);
  const alternative =
    ways.length === 0
      ? ""
      : ` Or install ${ways.join(" and ")}, which then need no build${others.length === 0 ? "" : `; only ${others.join(", ")} would still need Go`}.`;
  return `Go ${needed} or newer is needed to build ${titles}, but ${found}. Install it (https://go.dev/doc/install) and run again.${alternative}`;
}
