import type { CommandResult } from "../tests/engine/checkout.ts";

/** What a command of a measurement has written. @throws when it has failed: its time would mean nothing. */
export function must(result: CommandResult): string {
  if (result.code !== 0)
    throw new Error(`a measured command failed with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** Tells people how far it is, beside the results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
