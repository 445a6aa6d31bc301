/**
 * Entry of an operation's process. It loads what operations need, takes one task as a line of JSON on its standard input (or,
 * in a Job's pod, from the file that its argument names), says on its standard output what happens as lines of JSON, the last
 * one with the result, and ends. It stops when it is told to by the line "cancel: why", by a signal, when its time is over,
 * and when its standard input ends: whoever started it is gone then.
 */
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { loadRarelyNeededLazily } from "../../stacks/lazy-modules/index.ts";
import type { OperationEvent } from "../domain/operation.ts";
import { killSession } from "./sessions.ts";
import type { Stop } from "./stage.ts";
import type { OperationTask } from "./task.ts";

/** Starts the line that asks an operation to stop. */
const CANCEL = "cancel: ";

const stopping = new AbortController();
/** Whether nobody is left who would remove the operation's folder. */
let isAbandoned = false;
const stop = (reason: Stop["reason"], message: string): void => {
  if (!stopping.signal.aborted) stopping.abort({ reason, message } satisfies Stop);
};
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    stop("Cancelled", `It was stopped by ${name}.`);
  });
}
// Nobody may be left to hear it: the operation still has to end well.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
// Only events go to the standard output.
console.log = console.error;
console.info = console.error;

const [file] = process.argv.slice(2);
loadRarelyNeededLazily();
const loaded = import("./run-operation.ts");
const task = file === undefined ? await readInput() : (JSON.parse(await readFile(file, "utf8")) as OperationTask);
// Without a task there is nothing to end.
if (task === undefined) process.exit(0);
// What an engine or a plugin that is killed leaves goes with the folder: a copy of the kubeconfig, for example.
process.env["TMPDIR"] = task.folder;

const { timeoutMs, graceMs } = task.settings;
setTimeout(() => {
  stop("Timeout", `It took longer than ${timeoutMs / 1000} s (runner.timeout) and was stopped.`);
}, timeoutMs).unref();
stopping.signal.addEventListener("abort", () => {
  // What has not saved its state by then never will.
  setTimeout(() => void killSession(process.pid), graceMs).unref();
});
const { runOperation } = await loaded;
const outcome = await runOperation(task, emit, stopping.signal);
if (isAbandoned) rmSync(task.folder, { recursive: true, force: true, maxRetries: 3 });
emit({ type: "result", outcome });
// Waits until it is written: standard output may be a pipe.
process.stdout.write("", () => {
  process.exit(0);
});

function emit(event: OperationEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The task; undefined when the input ends without one. */
function readInput(): Promise<OperationTask | undefined> {
  const lines = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      if (line.startsWith(CANCEL)) stop("Cancelled", line.slice(CANCEL.length));
      else resolve(JSON.parse(line) as OperationTask);
    });
    lines.on("close", () => {
      isAbandoned = true;
      stop("Cancelled", "The platform service that ran it is gone.");
      resolve(undefined);
    });
  });
}
