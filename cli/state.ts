import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createPrivateFile, writePrivateFile } from "../clusters/kubeconfig.ts";
import type { LocalPaths } from "../clusters/local-paths.ts";
import { folderAddress } from "../stacks/folder-state.ts";
import { UsageFailure } from "./exit.ts";
import type { StackFile } from "./project.ts";

/**
 * Where Pulumi keeps the state of this checkout's stacks: in files under `.terrarium`, unless the user's environment
 * names a backend. A user's own backend and a user's own secrets are used as they are.
 */
export class StackState {
  readonly #paths: LocalPaths;
  readonly #env: NodeJS.ProcessEnv;

  constructor(paths: LocalPaths, env: NodeJS.ProcessEnv) {
    this.#paths = paths;
    this.#env = env;
  }

  /** Whether the state lies in this checkout. */
  get isLocal(): boolean {
    // `terrarium shellenv` puts our own address into the environment.
    return ["", this.#url(), undefined].includes(this.#env["PULUMI_BACKEND_URL"]);
  }

  /**
   * Variables that make Pulumi use this state; an undefined value removes the variable.
   *
   * @throws UsageFailure when the user's own secrets need a passphrase that is not given.
   */
  environment(file?: StackFile): Record<string, string | undefined> {
    if (!this.isLocal) return {};
    mkdirSync(this.#paths.state, { recursive: true, mode: 0o700 });
    const backend = { PULUMI_BACKEND_URL: this.#url() };
    if (file !== undefined && this.#hasOwnSecrets(file)) {
      this.#requirePassphrase(file);
      return backend;
    }
    if (!existsSync(this.#paths.passphrase)) {
      createPrivateFile(this.#paths.passphrase, randomBytes(32).toString("base64url"));
    }
    // A passphrase in the user's environment, even an empty one, would go first.
    return { ...backend, PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: this.#paths.passphrase };
  }

  /**
   * The stack file to give to the engine. Pulumi writes its encryption salt into the file it is given: it gets a copy, so
   * that the checkout stays as it is. Relative paths in the configuration still count from the checkout.
   *
   * @returns path of the copy; the checkout's own file where the user's own backend or secrets are used.
   */
  configFile(file: StackFile): string {
    if (!this.isLocal || this.#hasOwnSecrets(file)) return file.path;
    const copy = this.#copyOf(file.stack);
    const salt = file.encryptionSalt ?? saltIn(copy);
    const own = file.text.trimEnd();
    const text =
      salt === undefined || file.encryptionSalt !== undefined ? `${own}\n` : `${own}\nencryptionsalt: ${salt}\n`;
    // Commands for other stacks of the checkout may be reading these at the moment.
    writePrivateFile(join(this.#paths.config, "Pulumi.yaml"), `name: ${file.project}\nruntime: nodejs\n`);
    writePrivateFile(copy, text);
    return copy;
  }

  /** Folder from which the stack is created and removed, so that Pulumi edits the copy and not the checkout. */
  configFolder(file: StackFile): string {
    return !this.isLocal || this.#hasOwnSecrets(file) ? dirname(file.path) : this.#paths.config;
  }

  /** Path of a stack's state; undefined where the user's own backend has it. */
  stateFile(project: string, stack: string): string | undefined {
    return this.isLocal ? join(this.#stacksFolder(project), `${stack}.json`) : undefined;
  }

  /** Names of the stacks with state in this checkout. */
  localStacks(project: string): string[] {
    const folder = this.#stacksFolder(project);
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).map((name) => /^([^.]+)\.json$/.exec(name)?.[1]);
    return names.filter((name) => name !== undefined).sort();
  }

  /** Forgets the copy of a stack's file, after the stack was removed. */
  forget(stack: string): void {
    rmSync(this.#copyOf(stack), { force: true });
  }

  /** Removes everything that belongs to local state. Only for when no stack is left. */
  removeAll(): void {
    for (const path of [this.#paths.state, this.#paths.config, this.#paths.passphrase]) {
      rmSync(path, { recursive: true, force: true });
    }
  }

  /** Plain `pulumi` commands copy our salt into the stack's file: that does not make it the user's. */
  #hasOwnSecrets(file: StackFile): boolean {
    if (file.secretsProvider !== undefined && file.secretsProvider !== "passphrase") return true;
    return file.encryptionSalt !== undefined && file.encryptionSalt !== saltIn(this.#copyOf(file.stack));
  }

  #requirePassphrase(file: StackFile): void {
    if (file.secretsProvider !== undefined && file.secretsProvider !== "passphrase") return;
    if (this.#env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || this.#env["PULUMI_CONFIG_PASSPHRASE_FILE"]) return;
    throw new UsageFailure(
      `${file.path} has secrets of its own (encryptionsalt). Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to their passphrase.`,
    );
  }

  #url(): string {
    return folderAddress(this.#paths.state);
  }

  #copyOf(stack: string): string {
    return join(this.#paths.config, `Pulumi.${stack}.yaml`);
  }

  #stacksFolder(project: string): string {
    return join(this.#paths.state, ".pulumi", "stacks", project);
  }
}

function saltIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  return /^encryptionsalt: *(\S+)$/m.exec(readFileSync(path, "utf8"))?.[1];
}
