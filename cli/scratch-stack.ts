import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterAccess } from "../clusters/provider.ts";
import type { CommandResult, RunCommand } from "../clusters/run-command.ts";
import { FolderStack } from "./folder-stack.ts";
import type { ProgramArguments } from "./program-server.ts";
import type { Session } from "./session.ts";

/** What a scratch stack is made for. */
export interface ScratchStackArgs {
  readonly session: Session;
  /** Whether it can read what the stack has encrypted; otherwise its own encryption is as short-lived as its state. */
  readonly withSecrets: boolean;
  /** Cluster that the program may ask about itself. It is never changed. @default none */
  readonly access?: ClusterAccess;
  /** Runs Pulumi. @default without a limit */
  readonly run?: RunCommand;
}

const ownPassphrase = { PULUMI_CONFIG_PASSPHRASE: "rendering", PULUMI_CONFIG_PASSPHRASE_FILE: undefined };

/**
 * A stack that has another one's configuration, a state of its own in a temporary folder, and nothing in any cluster: for
 * commands that want to know what the program would make.
 */
export class ScratchStack {
  readonly #session: Session;
  readonly #stack: FolderStack;

  private constructor(session: Session, stack: FolderStack) {
    this.#session = session;
    this.#stack = stack;
  }

  /**
   * Makes a scratch stack, hands it to an action, and removes it.
   *
   * @throws CommandFailure with what the engine said.
   */
  static async use<T>(args: ScratchStackArgs, action: (stack: ScratchStack) => Promise<T>): Promise<T> {
    const { session, withSecrets, access, run } = args;
    const { surroundings, file, state } = session;
    const toolchain = await surroundings.toolchain(access ? ["pulumi", "kubectl"] : ["pulumi"]);
    const folder = await mkdtemp(join(tmpdir(), "terrarium-render-"));
    try {
      const { project, stack } = file;
      const variables = {
        ...(withSecrets ? state.environment(file) : ownPassphrase),
        TERRARIUM_KUBECONFIG: access?.kubeconfig,
        TERRARIUM_CONTEXT: access?.context,
      };
      const { env, interrupted } = surroundings;
      const place = { env, interrupted, toolchain, project, stack, folder };
      const made = new FolderStack({ ...place, variables, ...(run ? { run } : {}) });
      await writeFile(made.configFile, withSecrets ? await readFile(state.configFile(file), "utf8") : file.text);
      await made.create();
      return await action(new ScratchStack(session, made));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs a Pulumi command that needs no program. @param input for its standard input. */
  run(args: readonly string[], input?: string): Promise<CommandResult> {
    return this.#stack.run(args, input);
  }

  /**
   * Runs a Pulumi command that needs the program.
   *
   * @param onObject see the program's arguments.
   */
  async runProgram(args: readonly string[], onObject?: ProgramArguments["onObject"]): Promise<CommandResult> {
    const { environmentProgram, withProgram } = await import("./program-server.ts");
    const { checkout } = this.#session.surroundings;
    const program = environmentProgram({ env: this.#stack.env, folder: checkout, ...(onObject ? { onObject } : {}) });
    return withProgram(program, (options) => this.#stack.runProgram([...args, ...options], checkout));
  }
}
