import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { Environment, type ClusterFacts, type EnvironmentArgs } from "../../../components/index.ts";
import { toEnvironmentSpec, type EnvironmentSpec, type Tier } from "../../../spec/index.ts";
import { record, type Recording } from "../mocks.ts";

const ROOT = new URL("../../../", import.meta.url);

function readYaml(path: string): unknown {
  return parse(readFileSync(new URL(path, ROOT), "utf8"));
}

/** The guestbook as the stack of a tier describes it, with whatever is laid over it. */
export function guestbookSpec(tier: Tier, over: Readonly<Record<string, unknown>> = {}): EnvironmentSpec {
  const { config } = readYaml(`Pulumi.${tier}.yaml`) as { config: Readonly<Record<string, unknown>> };
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^terrarium:/, ""), value]));
  const base = toEnvironmentSpec({
    stack: tier,
    project: "terrarium",
    base: readYaml(String(own["base"])),
    config: own,
  });
  return toEnvironmentSpec({ stack: tier, project: "terrarium", base, config: over }) as unknown as EnvironmentSpec;
}

/** What the guestbook registers at a tier. */
export async function recordGuestbook(
  tier: Tier,
  over: Readonly<Record<string, unknown>> = {},
  facts?: ClusterFacts,
): Promise<{ environment: Environment; recording: Recording }> {
  return recordEnvironment({ spec: guestbookSpec(tier, over), facts });
}

/** What any environment registers. */
export async function recordEnvironment(
  args: EnvironmentArgs,
): Promise<{ environment: Environment; recording: Recording }> {
  const { result, recording } = await record(() => new Environment(args.spec.name, args));
  return { environment: result, recording };
}

/** Settings of an observability stack that isn't there. */
export const NO_OBSERVABILITY = { observability: { enabled: false } } as const;
