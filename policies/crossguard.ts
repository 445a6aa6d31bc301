import type { PolicyConfigSchema, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Tier } from "../spec/tiers.ts";
import { engineObject, engineStack } from "./engine-objects.ts";
import { findingsOf } from "./evaluate.ts";
import { messageOf, type Rule, type Setting, type StackFinding } from "./rule.ts";
import { Stack } from "./stack.ts";
import { describeWaiver, WAIVER_LIST, waiversOf } from "./waivers.ts";

/** What the engine's policies go by. */
export interface PolicyArgs {
  readonly tier: Tier;
  /** Today, e.g. "2026-11-21". */
  readonly today: string;
}

/** A rule as the engine asks it: about each resource before it is changed, or about all of them in the end. */
export function toPolicy(rule: Rule, args: PolicyArgs): ResourceValidationPolicy | StackValidationPolicy {
  const { name, title: description, fix: remediationSteps, level: enforcementLevel } = rule;
  const policy = {
    name,
    description,
    remediationSteps,
    ...(enforcementLevel === undefined ? {} : { enforcementLevel }),
    ...(rule.settings === undefined ? {} : { configSchema: toConfigSchema(rule.settings) }),
  };
  if ("checkStack" in rule) {
    return {
      ...policy,
      validateStack: (stack, report) => {
        for (const finding of unwaived(rule, engineStack(stack.resources), args, stack.getConfig())) {
          report(messageOf(rule, finding.object, finding), finding.object.id);
        }
      },
    };
  }
  return {
    ...policy,
    validateResource: (resource, report) => {
      const object = engineObject(resource);
      if (object === undefined) return;
      for (const finding of unwaived(rule, new Stack([object]), args, resource.getConfig())) {
        report(messageOf(rule, object, finding));
      }
    },
  };
}

/** Tells which waivers hold, in one piece of advice. */
export function waiverListPolicy({ today }: PolicyArgs): StackValidationPolicy {
  return {
    name: WAIVER_LIST,
    description: "Lists what objects are let off.",
    enforcementLevel: "advisory",
    validateStack: ({ resources }, report) => {
      const waivers = engineStack(resources).objects.flatMap((object) => waiversOf(object, today));
      if (waivers.length > 0) report(waivers.map(describeWaiver).join("\n"));
    },
  };
}

function unwaived(rule: Rule, stack: Stack, { tier, today }: PolicyArgs, settings: object): StackFinding[] {
  return findingsOf(rule, stack, tier, settings as Readonly<Record<string, unknown>>).filter(
    ({ object }) => !waiversOf(object, today).some((waiver) => waiver.rule === rule.name),
  );
}

function toConfigSchema(settings: Readonly<Record<string, Setting>>): PolicyConfigSchema {
  const properties = Object.entries(settings).map(([name, { description, default: value }]) => {
    const type =
      typeof value === "number"
        ? { type: "integer" as const, minimum: 1, default: value }
        : { type: "array" as const, items: { type: "string" as const }, default: [...value] };
    return [name, { description, ...type }] as const;
  });
  return { properties: Object.fromEntries(properties) };
}
