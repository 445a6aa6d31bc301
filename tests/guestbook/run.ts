/**
 * The layer of the sample application's own tests: all its roles as processes, on a real Postgres and Redis. Installs what
 * they need. Where this machine can't, it says why and ends with 0; the caller knows that line.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { lastLines, runCommand, type CommandResult } from "../../clusters/run-command.ts";
import { executeWith } from "../../images/command.ts";
import { ensurePrograms } from "../../images/debian.ts";

const FOLDER = fileURLToPath(new URL("../../examples/guestbook/", import.meta.url));
const REPORTER = fileURLToPath(new URL("closing-line.ts", import.meta.url));

async function main(): Promise<number> {
  if (!packagesAreCurrent() && failed(await run("npm", "ci", "--loglevel=error"))) return 1;
  copyFileSync(`${FOLDER}package-lock.json`, `${FOLDER}node_modules/.installed-package-lock.json`);
  let servers = await run("node", "test/install.ts");
  if (servers.code !== 0 && !(await hasPip())) {
    const refusal = await installPip();
    if (refusal !== undefined) {
      console.log(`guestbook: not run: Postgres with pgvector and Redis come from Python's pip, ${refusal}`);
      return 0;
    }
    servers = await run("node", "test/install.ts");
  }
  if (failed(servers)) return 1;
  const reporters = ["dot", REPORTER].flatMap((name) => [
    `--test-reporter=${name}`,
    "--test-reporter-destination=stdout",
  ]);
  const tests = await run(
    "node",
    "--test",
    "--test-concurrency=3",
    "--test-timeout=180000",
    ...reporters,
    "test/*.test.ts",
  );
  process.stdout.write(tests.stdout);
  process.stderr.write(tests.stderr);
  return tests.code;
}

function run(program: string, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand(program, args, { cwd: FOLDER, env: process.env });
}

function failed(result: CommandResult): boolean {
  if (result.code !== 0) console.error(lastLines(result, 20));
  return result.code !== 0;
}

/** Beside the packages lies a copy of the lock file that they were installed from. */
function packagesAreCurrent(): boolean {
  const lock = (name: string): string => readFileSync(`${FOLDER}${name}`, "utf8");
  try {
    return lock("node_modules/.installed-package-lock.json") === lock("package-lock.json");
  } catch {
    return false;
  }
}

async function hasPip(): Promise<boolean> {
  return (await run("python3", "-m", "pip", "--version")).code === 0;
}

/** @returns why it is not there. */
async function installPip(): Promise<string | undefined> {
  const uid = process.getuid?.();
  if (uid !== 0) return "which this machine does not have and only root installs";
  const execute = executeWith(runCommand, process.env);
  try {
    await ensurePrograms(["pip3"], { env: process.env, execute, uid, say: console.log });
    return undefined;
  } catch (error) {
    return `which can't be installed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

process.exitCode = await main();
