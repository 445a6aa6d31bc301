import { parseWaiver, WAIVER_FORM, WAIVER_PREFIX, type Waiver } from "../spec/waiver.ts";
import type { Field } from "./field.ts";
import type { KubeObject } from "./kube-object.ts";
import type { Finding, ObjectRule } from "./rule.ts";

/** A waiver of an object. */
export interface GrantedWaiver extends Waiver {
  /** The rule that it is about. */
  readonly rule: string;
  readonly object: KubeObject;
}

/** The rule about waivers, which no waiver is about. */
const WAIVER_RULE = "waivers";

/** Name of the policy that only lists waivers. */
export const WAIVER_LIST = "waivers-in-effect";

/** A day as waivers write it, e.g. "2026-11-21". */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The waivers of an object that can be read and hold on a day. */
export function waiversOf(object: KubeObject, today: string): GrantedWaiver[] {
  return annotationsOf(object).flatMap(([rule, field]) => {
    const waiver = parseWaiver(field.text ?? "");
    return waiver === undefined || waiver.until < today || rule === WAIVER_RULE ? [] : [{ ...waiver, rule, object }];
  });
}

/** One line about a waiver, for people. */
export function describeWaiver({ object, rule, until, reason }: GrantedWaiver): string {
  return `${object.toString()} is let off ${rule} until ${until}: ${reason}`;
}

/** The rule about waivers themselves. @param rules names of all other rules. */
export function waiverRule(rules: readonly string[], today: string): ObjectRule {
  return {
    name: WAIVER_RULE,
    title: "Waivers name a rule, a reason and the day on which they end.",
    why: `What an object is let off stands on the object itself, as an annotation \`${WAIVER_PREFIX}<rule>: ${WAIVER_FORM}\`: who grants it can be asked, and it is looked at again.`,
    fix: `Write ${WAIVER_FORM} with a day that is still to come, or remove the annotation with what it waives`,
    check: (object) => annotationsOf(object).flatMap(([rule, field]) => wrongWaiver(rule, field, rules, today)),
  };
}

function wrongWaiver(rule: string, field: Field, rules: readonly string[], today: string): Finding[] {
  if (!rules.includes(rule)) return [{ at: field, problem: `waives ${rule || "nothing"}, which is no rule` }];
  if (field.isUnknown) return [];
  const waiver = parseWaiver(field.text ?? "");
  if (waiver === undefined) return [{ at: field, problem: "has neither a day nor a reason that can be read" }];
  return waiver.until < today ? [{ at: field, problem: `ended on ${waiver.until}` }] : [];
}

function annotationsOf(object: KubeObject): (readonly [rule: string, field: Field])[] {
  return object.annotations.entries
    .filter(([key]) => key.startsWith(WAIVER_PREFIX))
    .map(([key, field]) => [key.slice(WAIVER_PREFIX.length), field] as const);
}
