import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CommandResult, lastLines, runCommand } from "../../clusters/run-command.ts";
import type { Toolchain } from "../../clusters/toolchain/index.ts";
import { folderAddress } from "../../stacks/folder-state.ts";
import { CommandFailure } from "../exit.ts";
import { type OpenStackFile, withStandIns } from "./stand-ins.ts";

/** What a throwaway stack is made with. */
export interface ThrowawayArgs {
  readonly env: NodeJS.ProcessEnv;
  readonly toolchain: Toolchain;
  readonly project: string;
  readonly stack: string;
  /** A folder of its own, which nobody else can read; whoever makes it removes it. */
  readonly folder: string;
}

/**
 * A stack with state of its own and no cluster: the provider writes manifests into a folder instead. What it decides about
 * changes, replacements above all, it decides as ever. It holds no secret of anybody: generated ones are new, encrypted
 * ones have stand-ins.
 */
export class ThrowawayStack {
  readonly #args: ThrowawayArgs;
  readonly #env: NodeJS.ProcessEnv;
  readonly #key = randomBytes(32);

  constructor(args: ThrowawayArgs) {
    this.#args = args;
    const { env, toolchain, folder } = args;
    this.#env = {
      ...env,
      ...toolchain.env,
      PATH: [toolchain.binDir, dirname(process.execPath), toolchain.env["PATH"] ?? env["PATH"] ?? ""].join(":"),
      // The provider takes a kubeconfig from here, and then refuses to render.
      KUBECONFIG: undefined,
      PULUMI_BACKEND_URL: folderAddress(join(folder, "state")),
      PULUMI_CONFIG_PASSPHRASE: this.#key.toString("base64url"),
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_SKIP_CHECKPOINTS: "true",
      TERRARIUM_RENDER: join(folder, "manifests"),
    };
  }

  /** Creates the stack, without resources. */
  async create(): Promise<void> {
    const { folder, project, stack } = this.#args;
    await mkdir(join(folder, "state"), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    await this.#must(["stack", "init", stack], folder, "created");
  }

  /**
   * Makes the state that a program leads to.
   *
   * @param checkout folder of the program.
   * @throws CommandFailure with what the engine or the program said.
   */
  async update(checkout: string): Promise<void> {
    const config = await this.#configure(checkout);
    const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--parallel", "64", "--config-file", config];
    await this.#must([...args, "--stack", this.#args.stack], checkout, "made");
  }

  /**
   * Takes the protection off all resources, so that a preview shows what it would keep from happening.
   *
   * @returns URNs of those that were protected.
   */
  async unprotect(): Promise<Set<string>> {
    const { folder, project, stack } = this.#args;
    const path = join(folder, "state", ".pulumi", "stacks", project, `${stack}.json`);
    const state = JSON.parse(await readFile(path, "utf8")) as {
      checkpoint: { latest?: { resources?: { urn: string; protect?: boolean }[] } };
    };
    const isProtected = (state.checkpoint.latest?.resources ?? []).filter(({ protect }) => protect === true);
    for (const resource of isProtected) resource.protect = false;
    await writeFile(path, JSON.stringify(state));
    return new Set(isProtected.map(({ urn }) => urn));
  }

  /** Previews a program against the state. @returns what {@link readPreview} reads, whether it succeeded or not. */
  async preview(checkout: string): Promise<CommandResult> {
    const config = await this.#configure(checkout);
    const args = ["preview", "--json", "--show-sames", "--parallel", "64", "--config-file", config];
    return this.#pulumi([...args, "--stack", this.#args.stack], checkout);
  }

  /** The stack's file as the program has it, readable without its passphrase. */
  async #configure(checkout: string): Promise<string> {
    const { folder, stack } = this.#args;
    const path = join(folder, `Pulumi.${stack}.yaml`);
    const salt = /^encryptionsalt: .*$/m.exec(await readFile(path, "utf8").catch(() => ""))?.[0] ?? "";
    const { text, standIns }: OpenStackFile = withStandIns(
      await readFile(join(checkout, `Pulumi.${stack}.yaml`), "utf8"),
      this.#key,
    );
    await writeFile(path, `${text}${salt}\n`);
    const values = Object.entries(standIns).flatMap(([key, value]) => ["--secret", `${key}=${value}`]);
    if (values.length > 0)
      await this.#must(["config", "set-all", "--path", ...values, "--stack", stack], folder, "configured");
    return path;
  }

  async #must(args: readonly string[], cwd: string, what: string): Promise<void> {
    const result = await this.#pulumi(args, cwd);
    if (result.code === 0) return;
    const said = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => /\berror\b|^ {4,}\S/.test(line));
    const message = said.length === 0 ? lastLines(result, 10) : said.slice(0, 20).join("\n");
    throw new CommandFailure(`It can't be ${what}: ${message}`);
  }

  #pulumi(args: readonly string[], cwd: string): Promise<CommandResult> {
    const options = [...args, "--non-interactive", "--color", "never"];
    return runCommand(this.#args.toolchain.path("pulumi"), options, { cwd, env: this.#env });
  }
}
