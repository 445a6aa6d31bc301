import { createHash } from "node:crypto";

/** Lines that tell where in a log something is; the same one may stand there twice. */
const MARK_LINES = 3;

/** What a log says since it was last seen. The log keeps its last lines only: older ones go at its start. */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone < before.length; gone += 1) {
    const kept = before.slice(gone);
    if (kept.every((line, index) => line === now[index])) return now.slice(kept.length);
  }
  return now;
}

/** Marks the end of a log, so that {@link linesAfter} finds it in a later one. */
export function markOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.slice(-MARK_LINES).join("\n")).digest("base64url").slice(0, 16);
}

/** What a log says after a mark; everything where the mark is not found. */
export function linesAfter(mark: string | undefined, lines: readonly string[]): readonly string[] {
  if (mark === undefined) return lines;
  for (let end = lines.length; end > 0; end -= 1) if (markOf(lines.slice(0, end)) === mark) return lines.slice(end);
  return lines;
}
