import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { InvalidSpecError, resolveEnvironment, toEnvironmentSpec } from "../spec/index.ts";
import { UsageFailure } from "./exit.ts";
import { readStackFile } from "./project.ts";

/**
 * Checks a stack's configuration as the program does, without the engine.
 *
 * @param checkout folder of Pulumi.yaml.
 * @returns the environment's name, which is the value of the label app.kubernetes.io/instance.
 * @throws UsageFailure with every problem.
 */
export function validateStack(checkout: string, stack: string): string {
  const { project, text, path } = readStackFile(checkout, stack);
  const prefix = `${project}:`;
  const file = parse(text) as { config?: Record<string, unknown> } | null;
  const own = Object.entries(file?.config ?? {}).filter(([key]) => key.startsWith(prefix));
  const config = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
  try {
    const spec = toEnvironmentSpec({ stack, project, config, base: readBase(checkout, config["base"]) });
    return resolveEnvironment(spec, Object.keys(config["secretValues"] ?? {})).name;
  } catch (error) {
    if (error instanceof InvalidSpecError) throw new UsageFailure(`${path}: ${error.message}`);
    throw error;
  }
}

function readBase(checkout: string, base: unknown): unknown {
  if (typeof base !== "string" || base === "") return undefined;
  try {
    return parse(readFileSync(resolve(checkout, base), "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidSpecError([
      { path: "base", got: JSON.stringify(base), expected: `a readable YAML file: ${reason}` },
    ]);
  }
}
