import type { Tier } from "../spec/tiers.ts";
import type { KubeObject } from "./kube-object.ts";
import { contextOf, messageOf, type Rule, type StackFinding } from "./rule.ts";
import { RULES } from "./rules.ts";
import type { Stack } from "./stack.ts";
import { waiverRule, waiversOf, type GrantedWaiver } from "./waivers.ts";

/** Whether a violation only warns, or stops what was to be done. */
export type Level = "advisory" | "mandatory";

/** An object that does not fulfil a rule. */
export interface Violation {
  readonly rule: string;
  readonly object: KubeObject;
  /** Object, place, what is wrong, what to do. */
  readonly message: string;
  readonly level: Level;
}

/** What the rules say about a stack. */
export interface Report {
  readonly violations: readonly Violation[];
  /** Waivers that let something pass. */
  readonly waivers: readonly GrantedWaiver[];
  /** Waivers of rules that the object fulfils. */
  readonly unused: readonly GrantedWaiver[];
}

/** How severe a violation is where nothing else is said: advice in dev, mandatory elsewhere. */
export function levelOf(tier: Tier): Level {
  return tier === "dev" ? "advisory" : "mandatory";
}

/** Asks every rule about every object. @param today e.g. "2026-11-21". */
export function evaluate(stack: Stack, { tier, today }: { readonly tier: Tier; readonly today: string }): Report {
  const rules = [
    ...RULES,
    waiverRule(
      RULES.map(({ name }) => name),
      today,
    ),
  ];
  const waivers = stack.objects.flatMap((object) => waiversOf(object, today));
  const used = new Set<GrantedWaiver>();
  const violations: Violation[] = [];
  for (const rule of rules) {
    for (const finding of findingsOf(rule, stack, tier)) {
      const waiver = waivers.find(({ object, rule: name }) => object === finding.object && name === rule.name);
      if (waiver !== undefined) used.add(waiver);
      else {
        const message = messageOf(rule, finding.object, finding);
        violations.push({ rule: rule.name, object: finding.object, message, level: rule.level ?? levelOf(tier) });
      }
    }
  }
  return { violations, waivers: [...used], unused: waivers.filter((waiver) => !used.has(waiver)) };
}

/** What one rule objects to, waived or not; nothing in tiers in which it does not hold. */
export function findingsOf(
  rule: Rule,
  stack: Stack,
  tier: Tier,
  settings: Readonly<Record<string, unknown>> = {},
): readonly StackFinding[] {
  if (rule.tiers?.includes(tier) === false) return [];
  const context = contextOf(rule, tier, settings);
  if ("checkStack" in rule) return rule.checkStack(stack, context);
  return stack.objects.flatMap((object) => rule.check(object, context).map((finding) => ({ ...finding, object })));
}
