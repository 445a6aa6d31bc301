import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CommandResult, lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import { folderAddress } from "../stacks/folder-state.ts";
import { CommandFailure } from "./exit.ts";

/** What a stack in a folder is made with. */
export interface FolderStackArgs {
  readonly env: NodeJS.ProcessEnv;
  readonly toolchain: Toolchain;
  readonly project: string;
  readonly stack: string;
  /** A folder of its own, which nobody else can read; whoever makes it removes it. */
  readonly folder: string;
  /** Variables of its own; among them must be what its state is encrypted with. */
  readonly variables: NodeJS.ProcessEnv;
  /** Ends what runs: nothing outside of the folder can come to harm. */
  readonly interrupted: AbortSignal;
  /** Runs Pulumi. @default without a limit */
  readonly run?: RunCommand;
}

/**
 * A stack whose state, configuration and temporary files are in one folder, and that has no cluster: the provider writes
 * manifests into the folder instead.
 */
export class FolderStack {
  /** The file of its configuration. */
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #args: FolderStackArgs;
  /** What Pulumi's command line keeps its state in. */
  readonly #state: string;

  constructor(args: FolderStackArgs) {
    const { env, toolchain, folder, stack, variables } = args;
    this.#args = args;
    this.configFile = join(folder, `Pulumi.${stack}.yaml`);
    this.#state = join(folder, "state");
    this.env = {
      ...env,
      ...toolchain.env,
      PATH: [toolchain.binDir, dirname(process.execPath), toolchain.env["PATH"] ?? env["PATH"] ?? ""].join(":"),
      // The provider takes a kubeconfig from here, and then refuses to render.
      KUBECONFIG: undefined,
      ...variables,
      PULUMI_BACKEND_URL: folderAddress(this.#state),
      TERRARIUM_RENDER: join(folder, "manifests"),
      // The Kubernetes plugin's temporary files go with the rest.
      TMPDIR: folder,
    };
  }

  /** The file of its state, which is there after an update. */
  get stateFile(): string {
    return join(this.#state, ".pulumi", "stacks", this.#args.project, `${this.#args.stack}.json`);
  }

  /**
   * Creates the stack, without resources.
   *
   * @throws CommandFailure with what the engine said.
   */
  async create(): Promise<void> {
    const { folder, project, stack } = this.#args;
    await mkdir(this.#state, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
    const created = await this.run(["stack", "init", stack]);
    if (created.code !== 0) throw new CommandFailure(`The program cannot be run: ${lastLines(created)}`);
  }

  /** Runs a Pulumi command that needs no program. @param input for its standard input. */
  run(args: readonly string[], input = ""): Promise<CommandResult> {
    return this.#pulumi(args, this.#args.folder, input);
  }

  /** Runs a Pulumi command with a program and with the stack's configuration. @param checkout folder of the program. */
  runProgram(args: readonly string[], checkout: string): Promise<CommandResult> {
    return this.#pulumi([...args, "--stack", this.#args.stack, "--config-file", this.configFile], checkout);
  }

  #pulumi(args: readonly string[], cwd: string, input = ""): Promise<CommandResult> {
    const { toolchain, interrupted, run = runCommand } = this.#args;
    const options = [...args, "--non-interactive", "--color", "never"];
    return run(toolchain.path("pulumi"), options, { cwd, env: this.env, input, signal: interrupted });
  }
}
