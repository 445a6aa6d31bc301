import type { PackConfiguration } from "../../policies/configuration.ts";
import { evaluate } from "../../policies/evaluate.ts";
import { KubeObject } from "../../policies/kube-object.ts";
import { Stack } from "../../policies/stack.ts";
import { dayOf, describeWaiver } from "../../policies/waivers.ts";
import type { Tier } from "../../spec/index.ts";
import type { KubeManifest } from "../rendered-object.ts";
import type { CheckResult } from "./result.ts";

/** Asks the rules of the policy pack about rendered manifests. @param configuration of the pack. @default its own */
export function checkPolicies(
  manifests: readonly KubeManifest[],
  tier: Tier,
  configuration: PackConfiguration = { rules: {} },
): CheckResult {
  const stack = new Stack(manifests.map((manifest) => new KubeObject(manifest)));
  const { violations, waivers, unused } = evaluate(stack, { tier, today: dayOf(new Date()), configuration });
  const count = (level: string): number => violations.filter((violation) => violation.level === level).length;
  const counts = `violations ${count("mandatory")}, advice ${count("advisory")}, waivers ${waivers.length}`;
  return {
    check: "policies",
    summary: `${manifests.length} objects: ${counts}`,
    problems: violations.map(({ rule, message, level }) => ({ message: `${rule}: ${message}`, level })),
    notes: [
      ...waivers.map(describeWaiver),
      ...unused.map((waiver) => `not needed any more: ${describeWaiver(waiver)}`),
    ],
  };
}
