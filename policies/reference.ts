import { code, table } from "../spec/markdown.ts";
import { TIERS } from "../spec/tiers.ts";
import { WAIVER_FORM, WAIVER_PREFIX } from "../spec/waiver.ts";
import { levelOf } from "./evaluate.ts";
import type { Rule, Setting } from "./rule.ts";
import { RULES, RULES_BY_SUBJECT } from "./rules.ts";
import { waiverRule } from "./waivers.ts";

const INTRODUCTION = `# Policies

What Terrarium asks of Kubernetes objects, rule by rule. The same rules judge the engine's resources before anything is changed,
rendered manifests, and what the platform service applies.

\`\`\`sh
bin/terrarium validate --stack prod           # the objects that a stack would be made of, without a cluster
pulumi preview --policy-pack <checkout>/policies   # any Pulumi program, Terrarium's or somebody else's
\`\`\`

How to configure the pack, waive a rule and read its report: [policies](../guides/policies.md).

## Levels

The tier is the stack's configuration value \`tier\`, else the stack's name where that is a tier's, else staging.`;

/** The reference of the policy pack, as Markdown. */
export function policyReference(): string {
  const subjects = { ...RULES_BY_SUBJECT, Waivers: [waiverRule([], "")] };
  const levels = table(
    ["Tier", "A violation"],
    TIERS.map((tier) => [code(tier), MEANINGS[levelOf(tier)]]),
  );
  const overview = table(
    ["Rule", "What has to hold"],
    Object.values(subjects)
      .flat()
      .map((rule) => [`[${code(rule.name)}](#${rule.name})`, rule.title]),
  );
  const sections = Object.entries(subjects).map(([subject, rules]) =>
    [`## ${subject}`, ...rules.map(section)].join("\n\n"),
  );
  const count = `${RULES.length} rules, and one about waivers (${code(`${WAIVER_PREFIX}<rule>: ${WAIVER_FORM}`)}).`;
  return `${[INTRODUCTION, levels, `## Overview\n\n${count}`, overview, ...sections].join("\n\n")}\n`;
}

const MEANINGS = { advisory: "is advice", mandatory: "stops the preview, the update or the check" };

function section(rule: Rule): string {
  const { name, title, why, fix, tiers, level, settings } = rule;
  const only = tiers === undefined ? [] : [`Only in ${tiers.join(" and ")}.`];
  const always = level === undefined ? [] : ["Advice in every tier."];
  const parts = [`### ${name}`, `**${title}** ${[why, ...only, ...always].join(" ")}`, `${fix}.`];
  return [...parts, ...(settings === undefined ? [] : [settingsTable(settings)])].join("\n\n");
}

function settingsTable(settings: Readonly<Record<string, Setting>>): string {
  const shown = (value: Setting["default"]): string =>
    typeof value === "number" ? String(value) : value.length === 0 ? "none" : value.map(code).join(", ");
  return table(
    ["Setting", "Default", ""],
    Object.entries(settings).map(([name, { description, default: value }]) => [code(name), shown(value), description]),
  );
}
