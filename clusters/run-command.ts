import { spawn } from "node:child_process";

/** What a finished command left. */
export interface CommandResult {
  /** Exit code; 127 when the program was not found, 124 after a timeout, 128 + number after another signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which the command is killed. @default no limit */
  readonly timeoutMs?: number;
  /** Text for the command's standard input. @default nothing */
  readonly input?: string;
}

/** Runs a command and collects its output. Starts programs of this machine; tests put another in its place. */
export type RunCommand = (file: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** Runs a command to its end. Never rejects: a program that cannot be started is a result with a code. */
export const runCommand: RunCommand = (file, args, options) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
            // A grandchild may hold the pipes open; the answer is known already.
            finish(124, `${file} gave no answer within ${(options.timeoutMs ?? 0) / 1000} s`);
          }, options.timeoutMs);
    const finish = (code: number, note = ""): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: [Buffer.concat(stderr).toString("utf8"), note].filter((part) => part !== "").join("\n"),
      });
    };
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error) => {
      finish(127, error.message);
    });
    child.on("close", (code, signal) => {
      if (!timedOut) finish(code ?? (signal === "SIGINT" ? 130 : 137));
    });
    // A command that does not read its input closes the pipe early.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });

/** The last lines of a command's error output, for a message to the user. */
export function lastLines(result: CommandResult, count = 3): string {
  const text = result.stderr.trim() === "" ? result.stdout : result.stderr;
  const lines = text.trim().split("\n");
  return lines.slice(-count).join("\n");
}
