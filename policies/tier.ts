import { TIERS, type Tier } from "../spec/tiers.ts";

/** What a stack is held to of which nothing is known: everything mandatory, nothing that only production needs. */
const UNSAID: Tier = "staging";

/**
 * The tier of the stack that is looked at: its configuration's `tier`, else its name where that is a tier's, else
 * staging.
 *
 * @param env variables that the engine gives to policy packs.
 */
export function tierOf(env: NodeJS.ProcessEnv): Tier {
  const config = JSON.parse(env["PULUMI_CONFIG"] || "{}") as Readonly<Record<string, string>>;
  const said = config[`${env["PULUMI_PROJECT"] ?? ""}:tier`] ?? env["PULUMI_STACK"];
  return TIERS.find((tier) => tier === said) ?? UNSAID;
}
