/**
 * What a line of a log says in words: of an entry in JSON its message and that of its error, else the line as it is.
 */
export function wordsOf(line: string): string {
  const entry = parse(line);
  const told = [entry["msg"] ?? entry["message"], messageOf(entry["err"] ?? entry["error"])];
  const words = told.filter((part) => typeof part === "string" && part !== "");
  return words.length === 0 ? line : [...new Set(words)].join(": ");
}

function messageOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "message" in error ? error.message : error;
}

function parse(line: string): Readonly<Record<string, unknown>> {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
