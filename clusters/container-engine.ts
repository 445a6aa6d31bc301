import type { RunCommand } from "./run-command.ts";

/** Programs that run containers, in the order of preference. */
export const containerEngines = ["podman", "docker"] as const;

/** Name of a program that runs containers. */
export type ContainerEngine = (typeof containerEngines)[number];

/** Milliseconds within which an engine must answer. */
const answerTimeoutMs = 10_000;

/**
 * Finds the first container engine that is installed and answers.
 *
 * @returns its name, or why each one cannot be used.
 */
export async function findContainerEngine(
  run: RunCommand,
  env: NodeJS.ProcessEnv,
): Promise<{ engine: ContainerEngine } | { reason: string }> {
  const reasons: string[] = [];
  for (const engine of containerEngines) {
    const result = await run(engine, ["info"], { env, timeoutMs: answerTimeoutMs });
    if (result.code === 0) return { engine };
    if (result.code === 127) reasons.push(`${engine} is not installed`);
    else if (result.code === 124) reasons.push(`${engine} does not answer within ${answerTimeoutMs / 1000} s`);
    else reasons.push(`${engine} does not run`);
  }
  return { reason: reasons.join(", ") };
}
