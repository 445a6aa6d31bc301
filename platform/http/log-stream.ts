import { type Clock, pause } from "../clock.ts";
import type { EventSource } from "./event-stream.ts";
import { linesAfter, markOf, newLines } from "./log-lines.ts";

/** Milliseconds between two looks at a log: nobody tells of new lines, and the service's own are written every 2 s. */
const LOOK_MS = 2_000;

/**
 * Sends the lines of a log that a reader does not know.
 *
 * @param read the last lines. @param lastId the last id that the reader has seen, or the mark of the lines that it has.
 */
export function logStream(
  clock: Clock,
  read: () => Promise<readonly string[]>,
  lastId: string | undefined,
): EventSource {
  return async (send, ended) => {
    let shown: readonly string[] | undefined;
    while (!ended.aborted) {
      const lines = await read();
      const fresh = shown === undefined ? linesAfter(lastId, lines) : newLines(shown, lines);
      if (fresh.length > 0) send({ id: markOf(lines), event: "log", data: { lines: fresh } });
      shown = lines;
      await pause(clock, LOOK_MS, ended);
    }
  };
}
