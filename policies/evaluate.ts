import type { Tier } from "../spec/tiers.ts";
import type { ConfiguredLevel, PackConfiguration } from "./configuration.ts";
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

/** What rules are asked with. */
export interface EvaluationArgs {
  readonly tier: Tier;
  /** Today, e.g. "2026-11-21". */
  readonly today: string;
  /** @default every rule has its own level and settings */
  readonly configuration?: PackConfiguration;
}

/** Every rule that objects have to fulfil on a day, the one about waivers among them. */
export function rulesOn(today: string): Rule[] {
  const names = RULES.map(({ name }) => name);
  return [...RULES, waiverRule(names, today)];
}

/** Asks every rule about every object. */
export function evaluate(stack: Stack, { tier, today, configuration }: EvaluationArgs): Report {
  const disabled = new Set<string>();
  const waivers = stack.objects.flatMap((object) => waiversOf(object, today));
  const used = new Set<GrantedWaiver>();
  const violations: Violation[] = [];
  for (const rule of rulesOn(today)) {
    const level = configuredLevel(rule, configuration) ?? rule.level ?? levelOf(tier);
    if (level === "disabled") {
      disabled.add(rule.name);
      continue;
    }
    for (const finding of findingsOf(rule, stack, tier, configuration?.rules[rule.name]?.settings)) {
      const waiver = waivers.find(({ object, rule: name }) => object === finding.object && name === rule.name);
      if (waiver !== undefined) used.add(waiver);
      else {
        const message = messageOf(rule, finding.object, finding);
        violations.push({ rule: rule.name, object: finding.object, message, level });
      }
    }
  }
  const unused = waivers.filter((waiver) => !used.has(waiver) && !disabled.has(waiver.rule));
  return { violations, waivers: [...used], unused };
}

/** A rule's level in a configuration: its own goes before that of all rules, which goes before the pack's. */
function configuredLevel({ name }: Rule, configuration: PackConfiguration | undefined): ConfiguredLevel | undefined {
  return configuration?.rules[name]?.level ?? configuration?.all;
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
