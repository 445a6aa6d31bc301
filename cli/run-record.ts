import { mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "../clusters/kubeconfig.ts";
import type { LocalPaths } from "../clusters/local-paths.ts";

/** Who started an engine. */
export interface RunEntry {
  /** Process id of the command. */
  readonly commandPid: number;
  /** When the command started, in milliseconds since 1970. */
  readonly commandStartedAtMs: number;
  /** Process id of the engine that the command started. */
  readonly enginePid: number;
}

/** Remembers which command runs which engine, so that an engine whose command was killed is recognised. */
export class RunRecord {
  readonly #folder: string;

  constructor(paths: LocalPaths) {
    this.#folder = join(paths.root, "run");
  }

  /** Notes that this process has started an engine for the stack. */
  started(stack: string, enginePid: number): void {
    mkdirSync(this.#folder, { recursive: true });
    const entry: RunEntry = { commandPid: process.pid, commandStartedAtMs: performance.timeOrigin, enginePid };
    writePrivateFile(this.#path(stack), JSON.stringify(entry));
  }

  /** Notes that the engine has ended. */
  ended(stack: string): void {
    rmSync(this.#path(stack), { force: true });
    try {
      rmdirSync(this.#folder);
    } catch {
      // Another stack's engine runs.
    }
  }

  /** The last engine that was started for the stack and has not been seen to end. */
  read(stack: string): RunEntry | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(stack), "utf8")) as RunEntry;
    } catch {
      return undefined;
    }
  }

  #path(stack: string): string {
    return join(this.#folder, `${stack}.json`);
  }
}
