import {
  LocalWorkspace,
  Stack,
  type EngineEvent,
  type GlobalOpts,
  type PulumiFn,
} from "@pulumi/pulumi/automation/index.js";
import type { ExportedStack } from "../../stacks/pending-operations.ts";
import { engineVariables } from "./engine-variables.ts";
import { pulumiCommand } from "./pulumi-command.ts";
import type { OperationTask, TaskSettings } from "./task.ts";

/** Variable in the environment of every engine that an operation starts: the operation's id. */
export const ENGINE_VARIABLE = "TERRARIUM_OPERATION";

/** How a run of the engine ended; the text is what Pulumi said, and may hold secrets. */
export type EngineRun = { readonly ok: true } | { readonly ok: false; readonly text: string };

/** What one run gets. */
export interface RunArgs {
  readonly onEvent: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
  /** Whether the stack is compared with the cluster first. @default false */
  readonly refresh?: boolean;
}

/**
 * Pulumi for one stack, through its Automation API.
 *
 * The API asks Pulumi again and again for what is known here: whether the stack is there, its outputs, its history. Each
 * question starts a process; those are left out.
 */
export class Engine {
  readonly #stack: Stack;
  readonly #settings: TaskSettings;

  private constructor(stack: Stack, settings: TaskSettings) {
    this.#stack = stack;
    this.#settings = settings;
  }

  /**
   * @param exists whether the stack does; undefined where only Pulumi knows.
   * @param program what the stack is made of: a stack that does not exist is created for it.
   * @returns undefined where there is neither a stack nor a program.
   * @throws CommandError when the state can't be reached.
   */
  static async open(task: OperationTask, exists: boolean | undefined, program?: PulumiFn): Promise<Engine | undefined> {
    const { settings, request, folder } = task;
    const workspace = await LocalWorkspace.create({
      workDir: folder,
      projectSettings: { name: settings.project, runtime: "nodejs" },
      pulumiCommand: pulumiCommand(settings.tools.pulumi),
      envVars: { ...engineVariables(settings), [ENGINE_VARIABLE]: request.id },
      secretsProvider: settings.state.secretsProvider,
      program,
    });
    if (exists !== undefined) workspace.selectStack = () => Promise.resolve();
    workspace.stackOutputs = () => Promise.resolve({});
    const stack = await openStack(request.stack, workspace, exists, program !== undefined);
    if (stack === undefined) return undefined;
    stack.info = () => Promise.resolve(undefined);
    return new Engine(stack, settings);
  }

  /** Looks what an update would do. Policy packs are asked here: the update is held to what they saw. */
  preview({ plan, ...args }: RunArgs & { readonly plan: string }): Promise<EngineRun> {
    const { parallel, policyPacks } = this.#settings;
    return attempt(() => this.#stack.preview({ ...quiet(args), plan, parallel, policyPacks: [...policyPacks] }));
  }

  /** An update that is held to a plan. @param plan file that holds it. */
  update({ plan, ...args }: RunArgs & { readonly plan: string }): Promise<EngineRun> {
    return attempt(() => this.#stack.up({ ...quiet(args), plan, parallel: this.#settings.parallel }));
  }

  /** Compares the stack with the cluster and changes nothing. */
  previewRefresh(args: RunArgs): Promise<EngineRun> {
    return attempt(() => this.#stack.previewRefresh({ ...quiet(args), parallel: this.#settings.parallel }));
  }

  /** Removes every resource; the stack stays. */
  destroy(args: RunArgs): Promise<EngineRun> {
    return attempt(() => this.#stack.destroy({ ...quiet(args), parallel: this.#settings.parallel }));
  }

  /** The stack's state. */
  async export(): Promise<ExportedStack> {
    return await this.#stack.exportStack();
  }

  /** Replaces the stack's state. */
  async import(state: ExportedStack): Promise<void> {
    await this.#stack.importStack(state);
  }

  /** Removes every lock of the stack, whoever holds it; stops no process. */
  async cancel(): Promise<void> {
    await this.#stack.cancel();
  }

  /** Removes the stack, which has no resources any more. */
  async remove(): Promise<void> {
    await this.#stack.workspace.removeStack(this.#stack.name, { preserveConfig: true });
  }
}

async function openStack(
  name: string,
  workspace: LocalWorkspace,
  exists: boolean | undefined,
  mayCreate: boolean,
): Promise<Stack | undefined> {
  if (exists === false) return mayCreate ? Stack.create(name, workspace) : undefined;
  try {
    return await Stack.select(name, workspace);
  } catch (error) {
    if (!/no stack named .* found/.test(String(error))) throw error;
    return mayCreate ? Stack.create(name, workspace) : undefined;
  }
}

function quiet<T extends object>(args: T): T & GlobalOpts & { userAgent: string } {
  return { ...args, color: "never", suppressProgress: true, suppressOutputs: true, userAgent: "terrarium-platform" };
}

async function attempt(run: () => Promise<unknown>): Promise<EngineRun> {
  try {
    await run();
    return { ok: true };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  }
}
