import type { Level } from "../../policies/evaluate.ts";
import { formatTable } from "../table.ts";

/** Something that is wrong. */
export interface Problem {
  readonly message: string;
  /** Advice does not fail a check. */
  readonly level: Level;
}

/** What one check of a stack has found. */
export interface CheckResult {
  /** Its name, e.g. "policies". */
  readonly check: string;
  /** The outcome in a few words. */
  readonly summary: string;
  readonly problems: readonly Problem[];
  /** What else a reader should know, line by line. */
  readonly notes: readonly string[];
}

/** Whether a check has found something that must not stay. */
export function isFailed({ problems }: CheckResult): boolean {
  return problems.some(({ level }) => level === "mandatory");
}

/** Results for people: one line for each check, then what was found. */
export function formatResults(results: readonly CheckResult[]): string {
  const table = formatTable(
    ["CHECK", "RESULT"],
    results.map(({ check, summary }) => [check, summary]),
  );
  const lines = results.flatMap(({ check, problems, notes }) => [
    ...problems.map(({ message, level }) => `${check}: ${level === "advisory" ? "advice: " : ""}${message}`),
    ...notes.map((note) => `${check}: ${note}`),
  ]);
  return lines.length === 0 ? table : `${table}\n${lines.join("\n")}\n`;
}
