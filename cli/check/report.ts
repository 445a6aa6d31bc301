import { exitCodes } from "../exit.ts";
import type { StackReport } from "./stack-report.ts";

/** What a change would do to every stack; the shape of `terrarium check -o json`. */
export interface CheckReport {
  /** What the stacks are compared with, for people, e.g. "main (1a2b3c4)". */
  readonly comparedWith: string;
  readonly verdict: Verdict;
  readonly stacks: readonly StackReport[];
}

/** The worst thing that a report says. */
export type Verdict = "nothing" | "changes" | "violations" | "data-loss" | "errors";

/** Exit code of each verdict. */
export const VERDICT_EXIT_CODES: Readonly<Record<Verdict, number>> = {
  nothing: exitCodes.ok,
  errors: exitCodes.failure,
  changes: exitCodes.changes,
  violations: exitCodes.violations,
  "data-loss": exitCodes.dataLoss,
};

/** Puts the reports of all stacks together. */
export function toCheckReport(comparedWith: string, stacks: readonly StackReport[]): CheckReport {
  return { comparedWith, verdict: verdictOf(stacks), stacks };
}

function verdictOf(stacks: readonly StackReport[]): Verdict {
  if (stacks.some(({ dataLoss }) => dataLoss.length > 0)) return "data-loss";
  if (stacks.some(({ errors }) => errors.length > 0)) return "errors";
  const isForbidden = ({ policies }: StackReport): boolean =>
    policies?.violations.some(({ level }) => level === "mandatory") === true;
  if (stacks.some(isForbidden)) return "violations";
  return stacks.some(({ changes }) => changes.length > 0) ? "changes" : "nothing";
}
