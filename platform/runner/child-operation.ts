import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { OperationEvent, Outcome } from "../domain/operation.ts";
import { failed, type Failure } from "./failures.ts";
import type { MemoryWatch } from "./memory-watch.ts";
import { parseEvent } from "./parse-event.ts";
import { killSession } from "./sessions.ts";
import type { OperationTask, TaskSettings } from "./task.ts";

/** Arguments of {@link ChildOperation}. */
export interface ChildOperationArgs {
  /** The process, which leads a session and waits for its task. */
  readonly child: ChildProcess;
  readonly settings: Pick<TaskSettings, "timeoutMs" | "graceMs">;
  readonly memoryBytes: number;
  readonly memory: MemoryWatch;
  readonly listen: (event: OperationEvent) => void;
}

/** Milliseconds that a process gets beyond its own limits before it is killed from here. */
const slackMs = 2_000;

/** Characters kept of the end of what a process says on its standard error. */
const KEPT_CHARACTERS = 1_000;

/** One operation in a child process, from its task to the end of everything that it started. */
export class ChildOperation {
  readonly #args: ChildOperationArgs;
  #timer: NodeJS.Timeout | undefined;
  /** Why it ended, where that is known here before the process has said it. */
  #ended: Failure | undefined;
  #cancelled = false;

  constructor(args: ChildOperationArgs) {
    this.#args = args;
  }

  /** Gives the process its task. @returns the outcome, when nothing of the operation is left. Never rejects. */
  async run(task: Promise<OperationTask>): Promise<Outcome> {
    const { child, settings, memory, memoryBytes } = this.#args;
    const { pid } = child;
    if (pid === undefined) return failed("RunnerLost", "transient", "The operation's process could not be started.");
    const result = this.#listen();
    memory.add(pid, memoryBytes, (bytes) => {
      const message = `It took ${inMebibytes(bytes)} of memory; ${inMebibytes(memoryBytes)} are allowed (runner.memory).`;
      this.#kill(failed("OutOfMemory", "transient", message));
    });
    this.#killAfter(settings.timeoutMs + settings.graceMs, "Timeout");
    try {
      this.#tell(JSON.stringify(await task));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#kill(failed("ClusterUnavailable", "transient", reason));
    }
    const outcome = await result;
    clearTimeout(this.#timer);
    await killSession(pid);
    memory.remove(pid);
    return outcome;
  }

  /** Asks it to stop. When it has not after its grace period, it is killed. */
  cancel(why: string): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#tell(`cancel: ${why}`);
    this.#killAfter(this.#args.settings.graceMs, "Cancelled");
  }

  #tell(line: string): void {
    this.#args.child.stdin?.write(`${line}\n`);
  }

  #killAfter(ms: number, reason: "Timeout" | "Cancelled"): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#kill(failed(reason, "transient", "It did not end when it was asked to, and was killed."));
    }, ms + slackMs).unref();
  }

  #kill(ended: Failure): void {
    this.#ended ??= ended;
    const { pid } = this.#args.child;
    if (pid !== undefined) void killSession(pid);
  }

  /** Follows what the process says, until it has ended. */
  #listen(): Promise<Outcome> {
    const { child, listen } = this.#args;
    let outcome: Outcome | undefined;
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-KEPT_CHARACTERS);
    });
    if (child.stdout === null) throw new Error("an operation's process has a standard output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = parseEvent(line);
      if (event?.type === "result") outcome = event.outcome;
      else if (event !== undefined) listen(event);
    });
    return new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve(this.#ended ?? outcome ?? lost(code, signal, said));
      });
    });
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** An operation whose process ended without a result. */
function lost(code: number | null, signal: string | null, said: string): Failure {
  if (/heap out of memory|allocation failed/i.test(said)) {
    return failed("OutOfMemory", "transient", "The operation's process ran out of memory.");
  }
  const how = signal === null ? `with code ${code ?? "unknown"}` : `by ${signal}`;
  return failed("RunnerLost", "transient", `The operation's process ended ${how} and told no result. ${said}`.trim());
}
