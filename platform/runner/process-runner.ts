import type { ChildProcess } from "node:child_process";
import type { OperationEvent, OperationRequest, Runner, RunningOperation } from "../domain/operation.ts";
import { ChildOperation } from "./child-operation.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { SpareChildren, startOperationChild } from "./operation-child.ts";
import type { OperationTask, TaskSettings } from "./task.ts";
import type { WorkFolders } from "./work-folders.ts";

/** Arguments of {@link ProcessRunner}. */
export interface ProcessRunnerArgs {
  readonly settings: TaskSettings;
  /** What else a task needs; asked before each operation. */
  readonly surroundings: (request: OperationRequest) => Promise<Pick<OperationTask, "facts" | "sample">>;
  /** Most memory of an operation with all its processes, in bytes. */
  readonly memoryBytes: number;
  /** How many processes wait for the next operations while there are any. */
  readonly spare: number;
  /** How long they wait after the last operation began, in milliseconds. */
  readonly spareForMs: number;
  readonly folders: WorkFolders;
  /** Variables of the operations' processes. */
  readonly env: NodeJS.ProcessEnv;
  /** Starts the process of an operation. @default Node with platform/runner/operation-process.ts */
  readonly startChild?: (env: NodeJS.ProcessEnv) => ChildProcess;
}

/** Runs each operation in a process of its own beside this one, with its memory, its time and all that it starts under watch. */
export class ProcessRunner implements Runner {
  readonly #args: ProcessRunnerArgs;
  readonly #memory = new MemoryWatch();
  readonly #spare: SpareChildren;

  constructor(args: ProcessRunnerArgs) {
    this.#args = args;
    const { startChild = startOperationChild, env, settings } = args;
    this.#spare = new SpareChildren({
      start: () => startChild({ ...env, ...settings.tools.env }),
      count: args.spare,
      keepMs: args.spareForMs,
    });
    args.folders.removeAbandoned();
  }

  start(request: OperationRequest, listen: (event: OperationEvent) => void): RunningOperation {
    const { settings, surroundings, memoryBytes, folders } = this.#args;
    const child = this.#spare.take();
    const folder = folders.make(child.pid);
    const operation = new ChildOperation({
      child,
      settings,
      memoryBytes,
      memory: this.#memory,
      listen,
    });
    const done = operation.run(surroundings(request).then((known) => ({ request, settings, folder, ...known })));
    return {
      request,
      startedAt: new Date(),
      done: done.finally(() => {
        folders.remove(folder);
        // Not before: on a small machine they would take the operation's time.
        this.#spare.fill();
      }),
      cancel: (why) => {
        operation.cancel(why);
      },
    };
  }

  /** Ends the processes that wait for operations. Operations run on. */
  close(): void {
    this.#spare.close();
  }
}
