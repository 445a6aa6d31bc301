import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { OperationEvent, OperationRequest, Runner, RunningOperation } from "../domain/operation.ts";
import { ChildOperation } from "./child-operation.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { SpareChildren, startOperationChild } from "./operation-child.ts";
import { isProcessAlive } from "./sessions.ts";
import type { OperationTask, TaskSettings } from "./task.ts";

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
  /** Folder for what operations need while they run. */
  readonly workFolder: string;
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
    mkdirSync(args.workFolder, { recursive: true, mode: 0o700 });
    removeAbandoned(args.workFolder);
  }

  start(request: OperationRequest, listen: (event: OperationEvent) => void): RunningOperation {
    const { settings, surroundings, memoryBytes, workFolder } = this.#args;
    const folder = mkdtempSync(join(workFolder, ownPrefix()));
    const operation = new ChildOperation({
      child: this.#spare.take(),
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
        rmSync(folder, { recursive: true, force: true });
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

/** Start of the names of this process's folders. */
function ownPrefix(): string {
  return `${hostname()}.${process.pid}.`;
}

/** Removes the folders of services of this host that were killed. */
function removeAbandoned(workFolder: string): void {
  for (const name of readdirSync(workFolder)) {
    const [host, pid] = [name.slice(0, hostname().length), Number(name.slice(hostname().length + 1).split(".")[0])];
    if (host !== hostname() || !(pid > 0) || isProcessAlive(pid)) continue;
    rmSync(join(workFolder, name), { recursive: true, force: true });
  }
}
