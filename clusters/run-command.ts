import { spawn } from "node:child_process";
import { basename } from "node:path";

/** What a finished command left. */
export interface CommandResult {
  /** Exit code; 127 when the program was not found, 124 after a timeout, 130 after an abort, 128 + number after another signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which the command is asked to end; it is killed when it does not. @default no limit */
  readonly timeoutMs?: number;
  /** When it aborts, the command is asked to end, and killed when it does not. @default nothing ends it */
  readonly signal?: AbortSignal;
  /** Text for the command's standard input. @default nothing */
  readonly input?: string;
}

/** Runs a command and collects its output. Starts programs of this machine; tests put another in its place. */
export type RunCommand = (file: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** Milliseconds that a command gets to end what it has started, such as plugins, before it is killed. */
const endMs = 5_000;

/** Runs a command to its end. Never rejects: a program that cannot be started is a result with a code. */
export const runCommand: RunCommand = (file, args, options) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const { timeoutMs, signal: stop } = options;
    let isGivenUp = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (code: number, note = ""): void => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", abort);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: [Buffer.concat(stderr).toString("utf8"), note].filter((part) => part !== "").join("\n"),
      });
    };
    const giveUp = (code: number, note: string): void => {
      if (isGivenUp) return;
      isGivenUp = true;
      clearTimeout(timer);
      const end = (): void => {
        finish(code, note);
      };
      // A grandchild may hold the pipes open longer than the command lives.
      child.once("exit", end);
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        end();
      }, endMs);
      if (!child.kill("SIGTERM")) end();
    };
    const abort = (): void => giveUp(130, `${basename(file)} was interrupted`);
    if (timeoutMs !== undefined) {
      timer = setTimeout(giveUp, timeoutMs, 124, `${basename(file)} gave no answer within ${timeoutMs / 1000} s`);
    }
    stop?.addEventListener("abort", abort);
    if (stop?.aborted === true) abort();
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error) => {
      finish(127, error.message);
    });
    child.on("close", (code, signal) => {
      if (!isGivenUp) finish(code ?? (signal === "SIGINT" ? 130 : 137));
    });
    // A command that does not read its input closes the pipe early.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });

/**
 * {@link runCommand} with a limit for every command.
 *
 * @param timeoutMs milliseconds.
 * @param advice what to do when it is reached, as a sentence.
 */
export function withTimeLimit(timeoutMs: number, advice: string): RunCommand {
  return async (file, args, options) => {
    const result = await runCommand(file, args, { ...options, timeoutMs });
    return result.code === 124 ? { ...result, stderr: `${result.stderr}. ${advice}` } : result;
  };
}

/** The last lines of a command's error output, for a message to the user. */
export function lastLines(result: CommandResult, count = 3): string {
  const text = result.stderr.trim() === "" ? result.stdout : result.stderr;
  const lines = text.trim().split("\n");
  return lines.slice(-count).join("\n");
}
