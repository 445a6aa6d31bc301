import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CommandResult, lastLines, runCommand } from "../../clusters/run-command.ts";
import { CommandFailure, UsageFailure } from "../exit.ts";

/** The commit that a change started from. */
export interface Base {
  /** Full name of the commit. */
  readonly commit: string;
  /** For people, e.g. "main (1a2b3c4)". */
  readonly title: string;
}

/** A checkout, and the variables with which git and npm run. */
export interface GitArgs {
  readonly checkout: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds the commit at which the checkout's history left that of a reference.
 *
 * @throws UsageFailure when there is none.
 */
export async function findBase(args: GitArgs, reference: string): Promise<Base> {
  const named = await git(args, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${reference}^{commit}`]);
  if (named.code !== 0) {
    throw new UsageFailure(
      `--base ${reference}: git knows no such commit in ${args.checkout}. Name a branch, a tag or a commit that was fetched, e.g. --base origin/main.`,
    );
  }
  const common = await git(args, ["merge-base", "HEAD", named.stdout.trim()]);
  if (common.code !== 0) {
    throw new UsageFailure(
      `--base ${reference}: it has no commit in common with HEAD. Where the clone is shallow, fetch more of its history.`,
    );
  }
  const commit = common.stdout.trim();
  return { commit, title: `${reference} (${commit.slice(0, 7)})` };
}

/**
 * Writes the files of a commit into a new folder, with the packages that its lock file names. The repository keeps no trace
 * of it.
 *
 * @throws CommandFailure with what git or npm said.
 */
export async function checkOut(args: GitArgs, { commit }: Base, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const directory = await must(args, ["rev-parse", "--absolute-git-dir"]);
  // The checkout may be a folder of a larger repository.
  const tree = await must(args, ["rev-parse", "--verify", `${commit}:./`]);
  const scratch = {
    checkout: folder,
    env: { ...args.env, GIT_DIR: directory, GIT_WORK_TREE: folder, GIT_INDEX_FILE: `${folder}.index` },
  };
  await must(scratch, ["read-tree", tree]);
  await must(scratch, ["checkout-index", "--all"]);
  await addPackages(args, folder);
}

/** Packages are those of the checkout where both ask for the same. */
async function addPackages({ checkout, env }: GitArgs, folder: string): Promise<void> {
  const [own, wanted] = [join(checkout, "package-lock.json"), join(folder, "package-lock.json")];
  const packages = join(checkout, "node_modules");
  if (existsSync(packages) && existsSync(wanted) && readFileSync(own).equals(readFileSync(wanted))) {
    symlinkSync(packages, join(folder, "node_modules"));
    return;
  }
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = await runCommand("npm", ["ci", ...options], { cwd: folder, env });
  if (result.code !== 0)
    throw new CommandFailure(`The packages of the base cannot be installed: ${lastLines(result, 10)}`);
}

async function must(args: GitArgs, command: readonly string[]): Promise<string> {
  const result = await git(args, command);
  if (result.code !== 0) throw new CommandFailure(`git ${command[0] ?? ""} failed: ${lastLines(result)}`);
  return result.stdout.trim();
}

function git({ checkout, env }: GitArgs, command: readonly string[]): Promise<CommandResult> {
  return runCommand("git", command, { cwd: checkout, env });
}
