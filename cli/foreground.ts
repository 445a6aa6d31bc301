import { spawn } from "node:child_process";
import type { EventEmitter } from "node:events";
import { constants } from "node:os";

/** How to run a program that takes over the terminal. */
export interface ForegroundOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Emits SIGINT and SIGTERM. */
  readonly signals: EventEmitter;
  /** Whether this process reads from a terminal, which then signals the child itself. */
  readonly interactive: boolean;
  /** File descriptor for the child's output; errors always go to 2. @default 2 */
  readonly outputTo?: 1 | 2;
  /** Called with the child's process id. */
  readonly onStart?: (pid: number) => void;
}

/** How the program ended. */
export interface ForegroundResult {
  readonly code: number;
  /** The user asked it to stop. */
  readonly interrupted: boolean;
}

/** Milliseconds that a program gets to end after the second interrupt. */
const killAfterMs = 2_000;

/**
 * Runs a program with this process's input and output. The first interrupt is passed on, so that it can finish what it
 * has begun; the second one ends it.
 */
export function runInForeground(
  file: string,
  args: readonly string[],
  options: ForegroundOptions,
): Promise<ForegroundResult> {
  return new Promise((resolve, reject) => {
    // On a terminal, Ctrl-C reaches every process of the group; elsewhere the child gets a group of its own, so that a
    // signal to the whole group is not counted twice.
    const detached = !options.interactive;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached,
      stdio: [options.interactive ? "inherit" : "ignore", options.outputTo ?? 2, 2],
    });
    let interrupts = 0;
    const signalChild = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(detached && signal === "SIGKILL" ? -child.pid : child.pid, signal);
      } catch {
        // It ended meanwhile.
      }
    };
    const interrupt = (signal: NodeJS.Signals): void => {
      interrupts++;
      if (detached || signal === "SIGTERM") signalChild("SIGINT");
      if (interrupts === 2) {
        setTimeout(() => {
          signalChild("SIGKILL");
        }, killAfterMs).unref();
      }
    };
    const onInterrupt = (): void => {
      interrupt("SIGINT");
    };
    const onTerminate = (): void => {
      interrupt("SIGTERM");
    };
    options.signals.on("SIGINT", onInterrupt);
    options.signals.on("SIGTERM", onTerminate);
    const cleanUp = (): void => {
      options.signals.off("SIGINT", onInterrupt);
      options.signals.off("SIGTERM", onTerminate);
    };
    child.once("spawn", () => {
      if (child.pid !== undefined) options.onStart?.(child.pid);
    });
    child.once("error", (error) => {
      cleanUp();
      reject(error);
    });
    child.once("close", (code, signal) => {
      cleanUp();
      const byInterrupt = signal === "SIGINT" || interrupts > 0;
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), interrupted: byInterrupt });
    });
  });
}
