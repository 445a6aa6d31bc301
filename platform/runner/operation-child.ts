import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("./operation-process.ts", import.meta.url));

/** Megabytes of JavaScript objects that an operation's own process may have; it needs a fifth. */
const HEAP_MEGABYTES = 512;

/** Starts a process for one operation, which loads what it needs and waits for its task. It leads a session of its own. */
export function startOperationChild(env: NodeJS.ProcessEnv): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${HEAP_MEGABYTES}`];
  const child = spawn(process.execPath, [...flags, ENTRY], { env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  // A task that comes too late for a child is noticed by the child's end.
  child.stdin.on("error", () => undefined);
  child.on("error", () => undefined);
  return child;
}

/** Arguments of {@link SpareChildren}. */
export interface SpareChildrenArgs {
  readonly start: () => ChildProcess;
  /** How many wait. */
  readonly count: number;
  /** How long they wait after the last operation began, in milliseconds. */
  readonly keepMs: number;
}

/**
 * Processes that have loaded what operations need before there is one. Loading takes half a second, and each holds 110 MB: they
 * are there while operations begin, and not when nothing happens.
 */
export class SpareChildren {
  readonly #args: SpareChildrenArgs;
  #waiting: ChildProcess[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(args: SpareChildrenArgs) {
    this.#args = args;
  }

  /** A process for an operation: one that waits, else a new one. Others are started in its place. */
  take(): ChildProcess {
    this.#waiting = this.#waiting.filter(isAlive);
    const child = this.#waiting.shift() ?? this.#args.start();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.close();
    }, this.#args.keepMs).unref();
    return child;
  }

  /** Starts processes until enough of them wait. */
  fill(): void {
    if (this.#timer === undefined) return;
    this.#waiting = this.#waiting.filter(isAlive);
    while (this.#waiting.length < this.#args.count) this.#waiting.push(this.#args.start());
  }

  /** Ends those that wait. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const child of this.#waiting.splice(0)) child.stdin?.end();
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined;
}
