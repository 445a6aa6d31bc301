import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { filesBelow } from "./cache-key.ts";
import { ChecksumError, CommandError } from "./errors.ts";
import { goEnvironment } from "./go-compiler.ts";
import { filesFolder } from "./manifest.ts";
import { foldersOf, type BuildStep, type CopyStep, type GenerateStep, type Recipe } from "./recipe.ts";
import { runCommand } from "./run-command.ts";

/** What a build needs besides its recipe. */
export interface BuildTools {
  /** Absolute path of the go command. */
  readonly go: string;
  /** The folder that holds one folder per Go module. */
  readonly modulesDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Number of compilers that one build runs at a time. */
  readonly parallel: number;
  readonly logFile: string;
  readonly signal?: AbortSignal;
}

/**
 * Builds a recipe into a folder. The modules' folders are copied first: a build adds files to its sources and must leave
 * the checkout as it is.
 *
 * @throws CommandError when a step fails, ChecksumError when a module's content is not what go.sum pins.
 */
export async function buildRecipe(recipe: Recipe, folder: string, tools: BuildTools): Promise<void> {
  const build = new RecipeBuild(folder, tools);
  await rm(tools.logFile, { force: true });
  await mkdir(build.output, { recursive: true });
  for (const name of foldersOf(recipe)) {
    await copyFiles(join(tools.modulesDir, name), join(build.sources, name));
  }
  for (const step of recipe.embed ?? []) {
    await build.copy(step, join(build.sources, step.folder));
  }
  for (const step of recipe.generate ?? []) {
    await build.generate(step);
  }
  for (const step of recipe.builds ?? []) {
    await build.compile(step);
  }
  for (const step of recipe.ship ?? []) {
    await build.copy(step, build.output);
  }
  await rm(build.sources, { recursive: true, force: true });
}

class RecipeBuild {
  readonly sources: string;
  readonly output: string;
  readonly #tools: BuildTools;

  constructor(folder: string, tools: BuildTools) {
    this.sources = join(folder, "sources");
    this.output = join(folder, filesFolder);
    this.#tools = tools;
  }

  async compile(step: BuildStep): Promise<void> {
    const folder = join(this.sources, step.folder);
    const names = Object.keys(step.binaries);
    // With several packages, go wants a folder and names each binary after its package's last element.
    const output = names.length === 1 ? join(this.output, names[0] ?? "") : `${this.output}/`;
    await this.#build(folder, output, Object.values(step.binaries), step);
    for (const name of names) {
      await stat(join(this.output, name));
    }
  }

  async generate(step: GenerateStep): Promise<void> {
    const folder = join(this.sources, step.folder);
    const program = join(this.sources, "generator");
    await this.#build(folder, program, [step.package], step);
    await this.#run(program, step.arguments, folder);
  }

  async copy(step: CopyStep, destination: string): Promise<void> {
    const from = join(await this.#moduleFolder(step), step.from);
    const to = join(destination, step.to);
    await copyFiles(from, to);
    if (step.jsonVersion !== undefined) {
      const document = JSON.parse(await readFile(to, "utf8")) as object;
      await writeFile(to, JSON.stringify({ ...document, version: step.jsonVersion }));
    }
    if (step.executable === true) {
      await chmod(to, 0o755);
    }
  }

  /** Downloads the module, which compares it with go.sum, and returns where it lies. */
  async #moduleFolder(step: CopyStep): Promise<string> {
    const output = await this.#go(["mod", "download", "-json", step.module], join(this.sources, step.folder));
    return (JSON.parse(output) as { Dir: string }).Dir;
  }

  async #build(
    folder: string,
    output: string,
    packages: readonly string[],
    { variables = {}, tags = [] }: Pick<BuildStep, "variables" | "tags">,
  ): Promise<void> {
    const linker = ["-s", "-w", ...Object.entries(variables).flatMap(([name, value]) => ["-X", `${name}=${value}`])];
    const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", `-p=${this.#tools.parallel}`];
    if (tags.length > 0) flags.push(`-tags=${tags.join(",")}`);
    await this.#go(["build", ...flags, `-ldflags=${linker.join(" ")}`, "-o", output, ...packages], folder);
  }

  async #go(args: readonly string[], cwd: string): Promise<string> {
    try {
      return await this.#run(this.#tools.go, args, cwd);
    } catch (error) {
      throw (error instanceof CommandError ? moduleMismatch(error.message) : undefined) ?? error;
    }
  }

  #run(command: string, args: readonly string[], cwd: string): Promise<string> {
    const { env, logFile, signal } = this.#tools;
    return runCommand(command, args, { cwd, env: goEnvironment(env), logFile, ...(signal && { signal }) });
  }
}

/** go's report of a module whose content differs from go.sum, as an error of ours. */
function moduleMismatch(output: string): ChecksumError | undefined {
  // With -json, go quotes the report inside a string.
  const plain = output.replaceAll("\\n", "\n").replaceAll("\\t", "\t");
  const found = /verifying (\S+): checksum mismatch\s+downloaded: (\S+)\s+go\.sum:\s+(\S+)/.exec(plain);
  if (found === null) {
    return undefined;
  }
  const [, module = "", got = "", expected = ""] = found;
  return new ChecksumError(
    `the Go module ${module}`,
    expected,
    got,
    `What was downloaded is not what was pinned (go: SECURITY ERROR), so it is not used. Check where this machine gets its Go modules from (go env GOPROXY), run go clean -modcache and run again.`,
  );
}

/** Copies by content, because the files and folders of Go's module cache are read-only and copies must not be. */
async function copyFiles(from: string, to: string): Promise<void> {
  const files = (await stat(from)).isDirectory() ? await filesBelow(from) : [from];
  for (const file of files) {
    const target = join(to, relative(from, file));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await readFile(file));
  }
}
