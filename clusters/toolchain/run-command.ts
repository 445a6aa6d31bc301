import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { CommandError } from "./errors.ts";

/** How {@link runCommand} runs a command. */
export interface RunOptions {
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** File that the command and its output are appended to. */
  readonly logFile?: string;
  /** After this many milliseconds the command is killed. @default no limit */
  readonly timeoutMs?: number;
}

/** How many lines of output an error quotes. */
const quotedLines = 20;
/** Milliseconds between asking a process group to end and killing it. */
const graceMs = 2_000;
const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const running = new Set<ChildProcess>();

/**
 * Runs a command in a process group of its own and returns its standard output. When the signal aborts, the time is over
 * or this process is asked to end, the whole group ends, so that no compiler survives the build.
 *
 * @throws CommandError with the last lines of output and the log file's name when the command fails.
 * @throws the signal's reason, when it aborts.
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const shown = [command, ...args].join(" ");
  const child = track(() =>
    spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const log = options.logFile === undefined ? undefined : openLog(options.logFile);
  log?.write(`$ ${shown}\n`);
  const output = { stdout: "", all: "" };
  const onData = (chunk: Buffer): void => {
    output.all += chunk.toString();
    log?.write(chunk);
  };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stdout.on("data", onData);
  child.stderr.on("data", onData);

  const limit = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const stop = AbortSignal.any([options.signal, limit].filter((signal) => signal !== undefined));
  let kill: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalGroup(child, "SIGTERM");
    kill = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  stop.addEventListener("abort", end);
  let status: number | string;
  try {
    const [code, killedBy] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    status = code ?? killedBy ?? "no status";
  } catch (error) {
    status = error instanceof Error ? error.message : String(error);
  } finally {
    stop.removeEventListener("abort", end);
    clearTimeout(kill);
    untrack(child);
    await log?.end();
  }
  options.signal?.throwIfAborted();
  if (status !== 0) {
    const reason =
      limit?.aborted === true ? `took longer than ${(options.timeoutMs ?? 0) / 1000} s` : `ended with ${status}`;
    throw failure(shown, reason, output.all, options.logFile);
  }
  return output.stdout;
}

/** A log that can't be written, e.g. on a full disk, is not what the command fails for. */
function openLog(file: string): { write(text: string | Buffer): void; end(): Promise<void> } {
  const stream = createWriteStream(file, { flags: "a" });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  stream.on("error", () => undefined);
  return {
    write: (text) => void stream.write(text),
    end: () => {
      stream.end();
      return closed;
    },
  };
}

function failure(shown: string, reason: string, output: string, logFile: string | undefined): CommandError {
  const lines = output.trimEnd().split("\n").slice(-quotedLines);
  const whole = logFile === undefined ? "" : `\nThe whole output is in ${logFile}`;
  const last = lines.at(-1)?.trim() ?? "";
  return new CommandError(
    `${shown} ${reason}:\n${lines.join("\n")}${whole}`,
    last === "" ? reason : `${reason}: ${last}`,
  );
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Listens before it starts: a signal between the two would end this process and leave the command running. */
function track<T extends ChildProcess>(start: () => T): T {
  if (running.size === 0) {
    endSignals.forEach((signal) => process.on(signal, onEndSignal));
    process.on("exit", killAll);
  }
  try {
    const child = start();
    running.add(child);
    return child;
  } finally {
    stopListening();
  }
}

function untrack(child: ChildProcess): void {
  running.delete(child);
  stopListening();
}

/** Does nothing while a command runs. */
function stopListening(): void {
  if (running.size === 0) {
    endSignals.forEach((signal) => process.off(signal, onEndSignal));
    process.off("exit", killAll);
  }
}

/** A group of its own doesn't get the terminal's signals: pass them on, then end as this process would have without us. */
function onEndSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) {
    return;
  }
  killAll();
  process.off(signal, onEndSignal);
  process.kill(process.pid, signal);
}

function killAll(): void {
  running.forEach((child) => signalGroup(child, "SIGKILL"));
}
