import { readFileSync } from "node:fs";
import { type PackConfiguration, readPackConfiguration } from "../../policies/configuration.ts";
import { rulesOn } from "../../policies/evaluate.ts";
import { dayOf, WAIVER_LIST } from "../../policies/waivers.ts";
import { UsageFailure } from "../exit.ts";

/**
 * Reads what `--policy-pack-config` names: the same JSON file that Pulumi takes; an empty one changes nothing.
 *
 * @throws UsageFailure that names the first thing that is wrong.
 */
export function readPolicyConfiguration(path: string): PackConfiguration {
  try {
    const text = readFileSync(path, "utf8");
    const rules = [...rulesOn(dayOf(new Date())), { name: WAIVER_LIST }];
    return readPackConfiguration(text.trim() === "" ? {} : JSON.parse(text), rules);
  } catch (error) {
    throw new UsageFailure(`--policy-pack-config ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
