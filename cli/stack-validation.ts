import { readBaseFile } from "../base-file.ts";
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
  const { project, path, config } = readStackFile(checkout, stack);
  try {
    const spec = toEnvironmentSpec({ stack, project, config, base: readBaseFile(checkout, config["base"]) });
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
