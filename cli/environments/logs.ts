import { CommandFailure } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";
import { connect, type TargetOptions } from "./connect.ts";

/** Options of `terrarium env logs`. */
export interface LogsOptions extends TargetOptions {
  /** Go on with new lines until the command is interrupted. */
  readonly follow: boolean;
}

/** Shows the log of the last operation on a preview environment, or of the one that runs. */
export async function logs(surroundings: Surroundings, name: string, options: LogsOptions): Promise<void> {
  const client = await connect(surroundings, options);
  await client.read(name);
  let shown: readonly string[] = [];
  for await (const log of client.followLog(name, surroundings.interrupted)) {
    const lines = log?.split("\n").slice(0, -1) ?? [];
    surroundings.stdout.write(
      newLines(shown, lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
    shown = lines;
    if (options.follow) continue;
    if (log === undefined) throw new CommandFailure(`${name} has no log yet: nothing was done for it so far.`);
    return;
  }
  surroundings.interrupted.throwIfAborted();
}

/** What a log says since it was last seen. The log keeps its last lines only: older ones go at its start. */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone < before.length; gone += 1) {
    const kept = before.slice(gone);
    if (kept.every((line, index) => line === now[index])) return now.slice(kept.length);
  }
  return now;
}
