import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandResult, lastLines } from "../../clusters/run-command.ts";
import { CommandFailure } from "../exit.ts";
import { FolderStack, type FolderStackArgs } from "../folder-stack.ts";
import { type OpenStackFile, withStandIns } from "./stand-ins.ts";

/**
 * A stack with state of its own and no cluster. What the provider decides about changes, replacements above all, it decides
 * as ever. It holds no secret of anybody: generated ones are new, encrypted ones have stand-ins.
 */
export class ThrowawayStack {
  readonly #stack: FolderStack;
  readonly #name: string;
  readonly #key = randomBytes(32);

  constructor(args: Omit<FolderStackArgs, "variables">) {
    const variables = {
      PULUMI_CONFIG_PASSPHRASE: this.#key.toString("base64url"),
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_SKIP_CHECKPOINTS: "true",
    };
    this.#stack = new FolderStack({ ...args, variables });
    this.#name = args.stack;
  }

  /** Creates the stack, without resources. @throws CommandFailure with what the engine said. */
  create(): Promise<void> {
    return this.#stack.create();
  }

  /**
   * Makes the state that a program leads to.
   *
   * @param checkout folder of the program.
   * @throws CommandFailure with what the engine or the program said.
   */
  async update(checkout: string): Promise<void> {
    await this.#configure(checkout);
    const args = ["up", "--yes", "--skip-preview", "--suppress-outputs", "--parallel", "64"];
    must(await this.#stack.runProgram(args, checkout), "made");
  }

  /**
   * Takes the protection off all resources, so that a preview shows what it would keep from happening.
   *
   * @returns URNs of those that were protected.
   */
  async unprotect(): Promise<Set<string>> {
    const path = this.#stack.stateFile;
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
    await this.#configure(checkout);
    return this.#stack.runProgram(["preview", "--json", "--show-sames", "--parallel", "64"], checkout);
  }

  /** Gives the stack the configuration that the program has, readable without its passphrase. */
  async #configure(checkout: string): Promise<void> {
    const path = this.#stack.configFile;
    const salt = /^encryptionsalt: .*$/m.exec(await readFile(path, "utf8").catch(() => ""))?.[0] ?? "";
    const { text, standIns }: OpenStackFile = withStandIns(
      await readFile(join(checkout, `Pulumi.${this.#name}.yaml`), "utf8"),
      this.#key,
    );
    await writeFile(path, `${text}${salt}\n`);
    const values = Object.entries(standIns).flatMap(([key, value]) => ["--secret", `${key}=${value}`]);
    if (values.length === 0) return;
    must(await this.#stack.run(["config", "set-all", "--path", ...values, "--stack", this.#name]), "configured");
  }
}

function must(result: CommandResult, what: string): void {
  if (result.code === 0) return;
  const said = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => /\berror\b|^ {4,}\S/.test(line));
  const message = said.length === 0 ? lastLines(result, 10) : said.slice(0, 20).join("\n");
  throw new CommandFailure(`It can't be ${what}: ${message}`);
}
