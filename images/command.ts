import { lastLines, type CommandOptions, type RunCommand } from "../clusters/run-command.ts";
import { ImageError } from "./errors.ts";

/** Runs commands that must succeed, in one environment. */
export type Execute = (
  purpose: string,
  command: readonly [string, ...string[]],
  options?: Omit<CommandOptions, "env">,
) => Promise<string>;

/**
 * @returns a function that gives a command's standard output.
 * @throws (the function) ImageError that says what the command was for, how it ended and its last lines.
 */
export function executeWith(run: RunCommand, env: NodeJS.ProcessEnv): Execute {
  return async (purpose, [file, ...args], options = {}) => {
    const result = await run(file, args, { ...options, env });
    if (result.code !== 0) {
      throw new ImageError(`${purpose}: ${file} ended with ${result.code}:\n${lastLines(result, 8)}`);
    }
    return result.stdout;
  };
}
