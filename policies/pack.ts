/** The policy pack: what Pulumi starts for `--policy-pack policies`. */
import { PolicyPack } from "@pulumi/policy";
import { toPolicy, waiverListPolicy } from "./crossguard.ts";
import { levelOf } from "./evaluate.ts";
import { RULES } from "./rules.ts";
import { tierOf } from "./tier.ts";
import { dayOf, waiverRule } from "./waivers.ts";

const args = { tier: tierOf(process.env), today: dayOf(new Date()) };
const rules = [
  ...RULES,
  waiverRule(
    RULES.map(({ name }) => name),
    args.today,
  ),
];

new PolicyPack("terrarium", {
  description: "What Terrarium asks of Kubernetes objects before they are changed.",
  policies: [...rules.map((rule) => toPolicy(rule, args)), waiverListPolicy(args)],
  enforcementLevel: levelOf(args.tier),
});
