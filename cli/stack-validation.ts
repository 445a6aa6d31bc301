import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { InvalidSpecError, resolveEnvironment, toEnvironmentSpec, type ResolvedEnvironment } from "../spec/index.ts";
import { UsageFailure } from "./exit.ts";
import { readStackFile } from "./project.ts";

/**
 * Checks a stack's configuration as the program does, without the engine.
 *
 * @param checkout folder of Pulumi.yaml.
 * @returns the environment with every default filled in; its name is the value of the label app.kubernetes.io/instance.
 * @throws UsageFailure with every problem.
 */
export function resolveStack(checkout: string, stack: string): ResolvedEnvironment {
  const { project, text, path } = readStackFile(checkout, stack);
  const prefix = `${project}:`;
  const file = parse(text) as { config?: Record<string, unknown> } | null;
  const own = Object.entries(file?.config ?? {}).filter(([key]) => key.startsWith(prefix));
  const config = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
  try {
    const spec = toEnvironmentSpec({ stack, project, config, base: readBase(checkout, config["base"]) });
    return resolveEnvironment(spec, Object.keys(config["secretValues"] ?? {}));
  } catch (error) {
    if (error instanceof InvalidSpecError) throw new UsageFailure(`${path}: ${error.message}`);
    throw error;
  }
}

/** {@link resolveStack}, where only the environment's name is wanted. */
export function validateStack(checkout: string, stack: string): string {
  return resolveStack(checkout, stack).name;
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
