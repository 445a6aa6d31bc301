import type { EventEmitter } from "node:events";
import type { ToolName, Toolchain } from "../clusters/toolchain/index.ts";

/** A stream for text. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Everything a command takes from outside; `cli/main.ts` makes the real one. */
export interface Surroundings {
  /** Folder of the checkout: where Pulumi.yaml lies. */
  readonly checkout: string;
  readonly env: NodeJS.ProcessEnv;
  /** Results, for people or programs. */
  readonly stdout: TextOutput;
  /** Progress and errors, for people. */
  readonly stderr: TextOutput;
  /** Whether a person can answer at the terminal. */
  readonly interactive: boolean;
  /** Emits SIGINT and SIGTERM. */
  readonly signals: EventEmitter;
  /** Aborts when the user interrupts while no engine runs. */
  readonly interrupted: AbortSignal;
  /** Provides tools, installing what is missing. */
  toolchain(needs: readonly ToolName[]): Promise<Toolchain>;
  /** Tools that were installed earlier; undefined where one of them was not. */
  installedTools(needs: readonly ToolName[]): Promise<Toolchain | undefined>;
  /** Checks a stack's configuration as the program does. @throws an error with the problems. @returns the environment's name. */
  validate(stack: string): string;
}

/** Writes one line of progress. */
export function say(surroundings: Surroundings, line: string): void {
  surroundings.stderr.write(`${line}\n`);
}
