import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultCacheDir } from "../../../clusters/toolchain/index.ts";
import type { Finding } from "../accepted-findings.ts";
import { run } from "../checkout.ts";

/** checkov with all that it needs, each at one version. */
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

/** Marks an environment whose installation came to its end. */
const COMPLETE = "complete";

/** What checkov says about a folder of manifests. */
export interface CheckovVerdict {
  readonly passed: number;
  readonly failed: readonly Finding[];
}

/**
 * Installs checkov into the user's cache folder, once for each set of versions.
 *
 * @returns path of the program.
 * @throws Error with what Python said.
 */
export async function installCheckov(): Promise<string> {
  const key = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 16);
  const parent = join(defaultCacheDir(process.env, process.platform, homedir()), "checkov");
  const folder = join(parent, key);
  if (existsSync(join(folder, COMPLETE))) return join(folder, "bin/checkov");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(parent, { recursive: true });
  console.error("Installing checkov ...");
  await must("python3", ["-m", "venv", folder]);
  await must(join(folder, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
  writeFileSync(join(folder, COMPLETE), "");
  return join(folder, "bin/checkov");
}

/** Runs all of checkov's checks for Kubernetes on a folder. It loads nothing. */
export async function runCheckov(checkov: string, folder: string): Promise<CheckovVerdict> {
  const options = ["--framework", "kubernetes", "--output", "json", "--compact", "--quiet", "--skip-download"];
  const result = await run(checkov, ["--directory", folder, ...options], folder);
  if (!result.stdout.startsWith("{")) throw new Error(`checkov ended with ${result.code}: ${result.stderr}`);
  const { summary, results } = JSON.parse(result.stdout) as {
    summary: { passed: number; parsing_errors: number };
    results: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
  };
  if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} files`);
  return {
    passed: summary.passed,
    failed: results.failed_checks.map(({ check_id: check, check_name: comments, resource }) => {
      const [kind = "", , ...name] = resource.split(".");
      return { check, object: `${kind}/${name.join(".")}`, comments };
    }),
  };
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const result = await run(program, args, ".");
  if (result.code !== 0) throw new Error(`${program} ${args.join(" ")}: ${result.stderr}`);
}
