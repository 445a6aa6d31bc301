import { newLines } from "../../platform/http/log-lines.ts";
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
    const lines = log ?? [];
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
