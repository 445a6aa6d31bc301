import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ClusterAccess } from "../clusters/provider.ts";
import { type CommandResult, lastLines, runCommand } from "../clusters/run-command.ts";
import { folderAddress } from "../stacks/folder-state.ts";
import { CommandFailure } from "./exit.ts";
import type { ProgramArguments } from "./program-server.ts";
import type { Session } from "./session.ts";

/** What a scratch stack is made for. */
export interface ScratchStackArgs {
  readonly session: Session;
  /** Whether it can read what the stack has encrypted; otherwise its own encryption is as short-lived as its state. */
  readonly withSecrets: boolean;
  /** Cluster that the program may ask about itself. It is never changed. @default none */
  readonly access?: ClusterAccess;
}

const ownPassphrase = { PULUMI_CONFIG_PASSPHRASE: "rendering", PULUMI_CONFIG_PASSPHRASE_FILE: undefined };

/**
 * A stack that has another one's configuration, a state of its own in a temporary folder, and nothing in any cluster: for
 * commands that want to know what the program would make.
 */
export class ScratchStack {
  readonly #session: Session;
  readonly #pulumi: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(session: Session, pulumi: string, folder: string, env: NodeJS.ProcessEnv) {
    this.#session = session;
    this.#pulumi = pulumi;
    this.#folder = folder;
    this.#env = env;
  }

  /**
   * Makes a scratch stack, hands it to an action, and removes it.
   *
   * @throws CommandFailure with what the engine said.
   */
  static async use<T>(args: ScratchStackArgs, action: (stack: ScratchStack) => Promise<T>): Promise<T> {
    const { session, withSecrets, access } = args;
    const { surroundings, file, state } = session;
    const toolchain = await surroundings.toolchain(access ? ["pulumi", "kubectl"] : ["pulumi"]);
    const folder = await mkdtemp(join(tmpdir(), "terrarium-render-"));
    try {
      const env = {
        ...surroundings.env,
        ...toolchain.env,
        PATH: [toolchain.binDir, dirname(process.execPath), toolchain.env["PATH"] ?? ""].join(":"),
        // The provider takes a kubeconfig from here, and then refuses to render.
        KUBECONFIG: undefined,
        ...(withSecrets ? state.environment(file) : ownPassphrase),
        PULUMI_BACKEND_URL: folderAddress(folder),
        // The provider's folder for manifests: it writes there in an update of objects, which this stack never makes.
        TERRARIUM_RENDER: join(folder, "manifests"),
        TERRARIUM_KUBECONFIG: access?.kubeconfig,
        TERRARIUM_CONTEXT: access?.context,
        // The Kubernetes plugin's temporary files go with the rest.
        TMPDIR: folder,
      };
      await writeFile(join(folder, "Pulumi.yaml"), `name: ${file.project}\nruntime: nodejs\n`);
      const text = withSecrets ? await readFile(state.configFile(file), "utf8") : file.text;
      await writeFile(join(folder, `Pulumi.${file.stack}.yaml`), text);
      const stack = new ScratchStack(session, toolchain.path("pulumi"), folder, env);
      const created = await stack.run(["stack", "init", file.stack]);
      if (created.code !== 0) throw new CommandFailure(`The program cannot be run: ${lastLines(created)}`);
      return await action(stack);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs a Pulumi command that needs no program. @param input for its standard input. */
  run(args: readonly string[], input = ""): Promise<CommandResult> {
    return this.#run(args, this.#folder, input);
  }

  /**
   * Runs a Pulumi command that needs the program.
   *
   * @param onObject see the program's arguments.
   */
  async runProgram(args: readonly string[], onObject?: ProgramArguments["onObject"]): Promise<CommandResult> {
    const { environmentProgram, withProgram } = await import("./program-server.ts");
    const { checkout } = this.#session.surroundings;
    const { stack } = this.#session.file;
    const config = join(this.#folder, `Pulumi.${stack}.yaml`);
    const program = environmentProgram({ env: this.#env, folder: checkout, ...(onObject ? { onObject } : {}) });
    return withProgram(program, (options) =>
      this.#run([...args, "--stack", stack, "--config-file", config, ...options], checkout),
    );
  }

  #run(args: readonly string[], cwd: string, input = ""): Promise<CommandResult> {
    const display = ["--non-interactive", "--color", "never"];
    return runCommand(this.#pulumi, [...args, ...display], { cwd, env: this.#env, input });
  }
}
