/** Milliseconds of the units that spans are told in. */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

/** A span for people, in its largest unit, with the next one where that is small: "45 s", "12 min", "3 h 20 min", "9 d". */
export function spanOf(milliseconds: number): string {
  const rest = Math.max(milliseconds, 0);
  const index = UNITS.findIndex(([, size]) => rest >= size);
  const [unit, size] = UNITS[index] ?? [];
  if (unit === undefined || size === undefined) return `${Math.floor(rest / 1000)} s`;
  const whole = Math.floor(rest / size);
  const [smaller, smallerSize] = UNITS[index + 1] ?? [];
  if (smaller === undefined || smallerSize === undefined || whole >= 5) return `${whole} ${unit}`;
  const part = Math.floor((rest - whole * size) / smallerSize);
  return part === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${part} ${smaller}`;
}

/** Seconds of a step for people: "0.4 s", "12.5 s", "2 min 5 s". */
export function secondsOf(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** A number with its noun: "1 environment", "1,200 environments". */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}

/** A repository's address without what all have in common: "team/shop". */
export function shortRepository(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]+\//i, "").replace(/(\.git)?\/*$/, "");
}
