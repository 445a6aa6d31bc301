import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ClusterAccess } from "../clusters/provider.ts";
import { type CommandResult, lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";
import type { Toolchain } from "../clusters/toolchain/index.ts";
import type { ExportedStack } from "../stacks/pending-operations.ts";
import { CommandFailure } from "./exit.ts";
import { type ForegroundResult, runInForeground } from "./foreground.ts";
import { ownerVariable } from "./orphans.ts";
import type { LoadProgram } from "./program-server.ts";
import type { StackFile } from "./project.ts";
import type { RunRecord } from "./run-record.ts";
import type { StackState } from "./state.ts";
import type { Surroundings } from "./surroundings.ts";

/** What Pulumi is run for. */
export interface EngineArgs {
  readonly surroundings: Surroundings;
  /** Real path of the checkout. */
  readonly checkout: string;
  readonly toolchain: Toolchain;
  readonly state: StackState;
  readonly file: StackFile;
  /** The cluster that the program deploys to. */
  readonly access?: ClusterAccess;
  readonly record: RunRecord;
  /** Runs what needs no program. @default without a limit */
  readonly run?: RunCommand;
}

/** Pulumi's command line, for one stack of one checkout. */
export class Engine {
  readonly #args: EngineArgs;

  constructor(args: EngineArgs) {
    this.#args = args;
  }

  /** Variables for Pulumi's process. */
  environment(): NodeJS.ProcessEnv {
    const { surroundings, toolchain, state, file, access } = this.#args;
    const env = { ...surroundings.env, ...toolchain.env, ...state.environment(file) };
    return {
      ...env,
      PATH: enginePath(env),
      [ownerVariable]: this.#args.checkout,
      PULUMI_SUPPRESS_NEO_LINK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: state.isLocal
        ? "true"
        : (env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] ?? "false"),
      ...(access ? { TERRARIUM_KUBECONFIG: access.kubeconfig, TERRARIUM_CONTEXT: access.context } : {}),
      ...(access ? checkpointVariables(access.provider, env) : {}),
    };
  }

  /** Whether the stack has state. */
  async stackExists(): Promise<boolean> {
    const path = this.#args.state.stateFile(this.#args.file.project, this.#args.file.stack);
    if (path !== undefined) return existsSync(path);
    return (await this.capture(["stack", "output", "--json"])).code === 0;
  }

  /** Creates the stack unless it exists. */
  async ensureStack(): Promise<void> {
    // Also brings the engine's copy of the stack's file up to date.
    this.#args.state.configFile(this.#args.file);
    if (await this.stackExists()) return;
    const result = await this.#pulumi(
      ["stack", "init", this.#args.file.stack],
      this.#args.state.configFolder(this.#args.file),
    );
    if (result.code !== 0) throw new CommandFailure(`The stack cannot be created: ${lastLines(result)}`);
  }

  /** Removes the stack from the state. @param force also when it still has resources. */
  async removeStack(force: boolean): Promise<void> {
    const { file, state } = this.#args;
    const args = ["stack", "rm", file.stack, "--yes", "--preserve-config", ...(force ? ["--force"] : [])];
    state.configFile(file);
    const result = await this.#pulumi(args, state.configFolder(file));
    if (result.code !== 0) throw new CommandFailure(`The stack cannot be removed: ${lastLines(result)}`);
    state.forget(file.stack);
  }

  /** Runs an operation in front of the user, with Pulumi's own display. */
  operation(args: readonly string[]): Promise<ForegroundResult> {
    return this.#foreground(args, 2);
  }

  /**
   * Runs an operation that needs the program, which then runs in this process.
   *
   * @param outputTo 1 where what Pulumi prints is the result, 2 where it is progress.
   * @param program @default this checkout's
   */
  async programOperation(
    args: readonly string[],
    outputTo: 1 | 2 = 2,
    program?: LoadProgram,
  ): Promise<ForegroundResult> {
    const { environmentProgram, withProgram } = await import("./program-server.ts");
    const own = { env: this.environment(), folder: this.#args.surroundings.checkout };
    return withProgram(program ?? environmentProgram(own), (options) =>
      this.#foreground([...args, ...options], outputTo),
    );
  }

  #foreground(args: readonly string[], outputTo: 1 | 2): Promise<ForegroundResult> {
    const { surroundings, toolchain, record, file } = this.#args;
    const full = [
      ...args,
      "--stack",
      file.stack,
      "--config-file",
      this.#args.state.configFile(file),
      ...this.#display(),
    ];
    // The Kubernetes plugin writes the kubeconfig into a temporary file, and is ended before it has removed it.
    const temporary = mkdtempSync(join(tmpdir(), "terrarium-engine-"));
    return runInForeground(toolchain.path("pulumi"), full, {
      cwd: surroundings.checkout,
      env: { ...this.environment(), TMPDIR: temporary },
      signals: surroundings.signals,
      interactive: surroundings.interactive,
      outputTo,
      onStart: (pid) => {
        record.started(file.stack, pid);
      },
    }).finally(() => {
      record.ended(file.stack);
      rmSync(temporary, { recursive: true, force: true });
    });
  }

  /** Runs a command on the stack and collects its output. */
  capture(args: readonly string[], input = ""): Promise<CommandResult> {
    return this.#pulumi([...args, "--stack", this.#args.file.stack], this.#args.surroundings.checkout, input);
  }

  /** The stack's state. @throws CommandFailure when it cannot be read. */
  async exportStack(): Promise<ExportedStack> {
    const result = await this.capture(["stack", "export"]);
    if (result.code !== 0) throw new CommandFailure(`The stack's state cannot be read: ${lastLines(result)}`);
    return JSON.parse(result.stdout) as ExportedStack;
  }

  /** Replaces the stack's state. @throws CommandFailure when it cannot be written. */
  async importStack(stack: ExportedStack): Promise<void> {
    const result = await this.capture(["stack", "import"], JSON.stringify(stack));
    if (result.code !== 0) throw new CommandFailure(`The stack's state cannot be written: ${lastLines(result)}`);
  }

  /** The stack's outputs; secret ones are masked. Empty when the stack does not exist. */
  async outputs(): Promise<Record<string, unknown>> {
    const result = await this.capture(["stack", "output", "--json"]);
    if (result.code !== 0) return {};
    return JSON.parse(result.stdout) as Record<string, unknown>;
  }

  #pulumi(args: readonly string[], cwd: string, input = ""): Promise<CommandResult> {
    const { toolchain, run = runCommand } = this.#args;
    return run(toolchain.path("pulumi"), [...args, "--non-interactive"], {
      cwd,
      env: this.environment(),
      input,
    });
  }

  #display(): string[] {
    const { surroundings } = this.#args;
    const colour = surroundings.stderr.isTTY === true && !surroundings.env["NO_COLOR"];
    return ["--color", colour ? "always" : "never", ...(surroundings.interactive ? [] : ["--non-interactive"])];
  }
}

/** PATH of Pulumi's process. Its language host starts `node`, which is to be the one that runs this command. */
export function enginePath(env: NodeJS.ProcessEnv): string {
  return [dirname(process.execPath), env["PATH"] ?? ""].join(delimiter);
}

/**
 * A simulated cluster runs nothing and is thrown away: there the engine saves its state once, at the end, instead of
 * twice for each resource, which takes a third of an update's time. After a kill, the next update creates what is there
 * once more, which changes nothing, and `down` removes what the state does not know.
 *
 * @param env a value set by the user goes first.
 */
export function checkpointVariables(
  provider: ClusterAccess["provider"],
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return provider === "simulated" ? { PULUMI_SKIP_CHECKPOINTS: env["PULUMI_SKIP_CHECKPOINTS"] ?? "true" } : {};
}
