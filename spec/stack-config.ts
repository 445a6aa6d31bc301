import { isMap, mergePatch } from "./merge-patch.ts";
import { InvalidSpecError, type Problem } from "./problem.ts";

/** Keys of a stack's configuration that describe its environment. */
const SPEC_KEYS = [
  "tier",
  "name",
  "application",
  "services",
  "dataStores",
  "migrations",
  "network",
  "observability",
  "quota",
  "asleep",
] as const;

/** Keys of a stack's configuration that say where it runs and what it starts from. */
const STACK_KEYS = ["base", "secretValues", "context", "kubeconfig"] as const;

/** Every key of a stack's configuration, without the project's prefix. */
export const STACK_CONFIG_KEYS = [...SPEC_KEYS, ...STACK_KEYS] as const;

/** A key of a stack's configuration. */
export type StackConfigKey = (typeof STACK_CONFIG_KEYS)[number];

/** What a stack's configuration holds: values by key, unset keys left out. */
export type StackConfig = Readonly<Partial<Record<StackConfigKey, unknown>>>;

/** Where a stack's configuration comes from. */
export interface StackSource {
  /** The stack's name, e.g. "staging". */
  readonly stack: string;
  /** The project's name; the application's where none is set. */
  readonly project: string;
  /** Values by key, without the project's prefix. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the file that key `base` names holds. @default nothing */
  readonly base?: unknown;
}

/**
 * Turns a stack's configuration into what {@link resolveEnvironment} takes: the base description with the stack's own
 * values laid over it (see {@link mergePatch}).
 *
 * @throws InvalidSpecError for a key that does not exist.
 */
export function toEnvironmentSpec(source: StackSource): Record<string, unknown> {
  const unknownKeys = Object.keys(source.config).filter(
    (key) => !(STACK_CONFIG_KEYS as readonly string[]).includes(key),
  );
  if (unknownKeys.length > 0) {
    throw new InvalidSpecError(
      unknownKeys.map((key): Problem => ({ path: key, expected: STACK_CONFIG_KEYS.join(", "), unknownKey: true })),
    );
  }
  if (source.base !== undefined && !isMap(source.base)) {
    throw new InvalidSpecError([{ path: "base", expected: "a file that holds a map of keys to values" }]);
  }
  const own = Object.fromEntries(
    SPEC_KEYS.filter((key) => isSet(source.config[key])).map((key) => [key, source.config[key]]),
  );
  const spec = mergePatch(source.base ?? {}, own) as Record<string, unknown>;
  const application = spec["application"] ?? source.project;
  return {
    ...spec,
    application,
    name: spec["name"] ?? (typeof application === "string" ? `${application}-${source.stack}` : source.stack),
  };
}

/** Whether a value of stack configuration says anything: project-wide defaults fill unset keys with "" and {}. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== "" && !(isMap(value) && Object.keys(value).length === 0);
}
