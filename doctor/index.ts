import type { Facts, Unread } from "./facts.ts";
import { type Cause, rank } from "./rank.ts";
import { dependenciesOf } from "./relations.ts";
import { RULES } from "./rules/index.ts";

/** What is wrong with an environment. */
export interface Diagnosis {
  /** Name of the environment. */
  readonly environment: string;
  /** Root causes, the most likely first; none when nothing is wrong. */
  readonly causes: readonly Cause[];
  /** Sources that could not be read: what they would have told is not known. */
  readonly unread: readonly Unread[];
}

/** Judges what was gathered. */
export function diagnose(facts: Facts): Diagnosis {
  const findings = RULES.flatMap((rule) => rule(facts));
  return { environment: facts.target.name, causes: rank(findings, dependenciesOf(facts)), unread: facts.unread };
}
