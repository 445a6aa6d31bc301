/**
 * Whether a list of patterns takes a path or a branch. `*` stands for anything but "/", `**` for anything, `?` for one
 * character; one that starts with "!" takes out again what those before it took in. The last one that fits decides.
 */
export function isTaken(text: string, patterns: readonly string[]): boolean {
  const last = patterns.findLast((pattern) => toExpression(pattern.replace(/^!/, "")).test(text));
  return last !== undefined && !last.startsWith("!");
}

/** "**" followed by "/" also stands for no folder at all. */
function toExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\*\*\/|\*\*|\*|\?|[^*?]+/g,
    (part) => WILDCARDS.get(part) ?? part.replace(/[\\^$.|()[\]{}+]/g, "\\$&"),
  );
  return new RegExp(`^${source}$`, "s");
}

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ["**/", "(?:.*/)?"],
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);
