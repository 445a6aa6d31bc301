import type { OperationEvent } from "../domain/operation.ts";

/** Reads a line of what an operation's process says; undefined for half a line of one that was killed, and for other text. */
export function parseEvent(line: string): OperationEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as OperationEvent;
  } catch {
    return undefined;
  }
}
