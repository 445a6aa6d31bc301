import type { z } from "zod";
import { resolveDataStore, resolveMigration } from "./data-store.ts";
import { environmentSchema, type ResolvedEnvironment } from "./environment.ts";
import { healthyPart } from "./healthy-part.ts";
import { environmentJsonSchema } from "./json-schema.ts";
import { mapValues } from "./map-values.ts";
import { resolveObservability } from "./observability.ts";
import { InvalidSpecError, toProblems } from "./problem.ts";
import { findContradictions } from "./cross-checks.ts";
import { resolveService } from "./service.ts";

/**
 * Checks a description of an environment and fills in the defaults of its tier. Pure.
 *
 * @param input anything: typically an {@link EnvironmentSpec} read from stack config or a custom resource.
 * @param secretKeys keys that `secrets: { X: { config: key } }` may name; undefined: not known here, so not checked.
 * @throws InvalidSpecError that lists every problem with path, value and what is allowed: first what is wrong in itself,
 *   then what contradicts something else.
 */
export function resolveEnvironment(input: unknown, secretKeys?: readonly string[]): ResolvedEnvironment {
  const parsed = environmentSchema.safeParse(input);
  if (!parsed.success) {
    const problems = toProblems(parsed.error.issues, input, environmentJsonSchema);
    const rest = environmentSchema.safeParse(healthyPart(input, parsed.error.issues));
    throw new InvalidSpecError(
      rest.success ? [...problems, ...findContradictions(withDefaults(rest.data), secretKeys)] : problems,
    );
  }
  const environment = withDefaults(parsed.data);
  const problems = findContradictions(environment, secretKeys);
  if (problems.length > 0) throw new InvalidSpecError(problems);
  return environment;
}

function withDefaults(spec: z.output<typeof environmentSchema>): ResolvedEnvironment {
  return {
    ...spec,
    services: mapValues(spec.services, (service, name) => resolveService(name, service, spec)),
    dataStores: mapValues(spec.dataStores, (store) => resolveDataStore(store, spec.tier)),
    migrations: mapValues(spec.migrations, (migration) => resolveMigration(migration, spec.tier)),
    observability: resolveObservability(spec.observability, spec.tier),
  };
}
