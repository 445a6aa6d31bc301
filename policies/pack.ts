/** The policy pack: what Pulumi starts for `--policy-pack policies`. */
import { PolicyPack } from "@pulumi/policy";
import { toPolicy, waiverListPolicy } from "./crossguard.ts";
import { levelOf, rulesOn } from "./evaluate.ts";
import { tierOf } from "./tier.ts";
import { dayOf } from "./waivers.ts";

const args = { tier: tierOf(process.env), today: dayOf(new Date()) };

new PolicyPack("terrarium", {
  description: "What Terrarium asks of Kubernetes objects before they are changed.",
  policies: [...rulesOn(args.today).map((rule) => toPolicy(rule, args)), waiverListPolicy(args)],
  enforcementLevel: levelOf(args.tier),
});
