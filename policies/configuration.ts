import { isMap } from "../spec/merge-patch.ts";
import type { Rule, Setting } from "./rule.ts";

/** Levels and settings that differ from the pack's own, as Pulumi's `--policy-pack-config` gives them. */
export interface PackConfiguration {
  /** Level of every rule that has none of its own in {@link rules}. @default each rule's own */
  readonly all?: ConfiguredLevel;
  /** By the rule's name. */
  readonly rules: Readonly<Record<string, RuleConfiguration>>;
}

/** What is configured of one rule. */
export interface RuleConfiguration {
  readonly level?: ConfiguredLevel;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How severe a violation is; a disabled rule is not asked. */
export type ConfiguredLevel = "advisory" | "mandatory" | "disabled";

/** What a rule is, as far as it can be configured. */
type Configurable = Pick<Rule, "name" | "settings">;

/** Pulumi's levels. Nothing here changes an object, so "remediate" is as good as "mandatory". */
const LEVELS: Readonly<Record<string, ConfiguredLevel>> = {
  advisory: "advisory",
  mandatory: "mandatory",
  remediate: "mandatory",
  disabled: "disabled",
};

/**
 * Reads the content of a file for Pulumi's `--policy-pack-config`. It is stricter than Pulumi: a rule or a setting that there
 * is not is an error, since whoever wrote it meant something.
 *
 * @param rules every rule that may be named.
 * @throws Error that names the first thing that is wrong, and what is allowed.
 */
export function readPackConfiguration(content: unknown, rules: readonly Configurable[]): PackConfiguration {
  if (!isMap(content)) throw wrong("the file", content, "a map of rules to their levels");
  const { all: everyRule, ...named } = content;
  const all = everyRule === undefined ? undefined : readRule({ name: "all" }, everyRule).level;
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  const read = Object.entries(named).map(([name, value]) => {
    const rule = known.get(name);
    if (rule === undefined) throw new Error(`there is no rule "${name}"; docs/reference/policies.md lists them`);
    return [name, readRule(rule, value)] as const;
  });
  return { ...(all === undefined ? {} : { all }), rules: Object.fromEntries(read) };
}

/** Reads a level alone, or a map with a level and settings. */
function readRule({ name, settings = {} }: Configurable, value: unknown): RuleConfiguration {
  if (!isMap(value)) return { level: readLevel(name, value), settings: {} };
  const { enforcementLevel, ...given } = value;
  const known = new Map(Object.entries(settings));
  for (const [key, content] of Object.entries(given)) checkSetting(`${name}.${key}`, content, known.get(key));
  const level =
    enforcementLevel === undefined ? {} : { level: readLevel(`${name}.enforcementLevel`, enforcementLevel) };
  return { ...level, settings: given };
}

function readLevel(path: string, value: unknown): ConfiguredLevel {
  const level = typeof value === "string" && Object.hasOwn(LEVELS, value) ? LEVELS[value] : undefined;
  if (level === undefined) throw wrong(path, value, `one of ${Object.keys(LEVELS).join(", ")}`);
  return level;
}

function checkSetting(path: string, value: unknown, setting: Setting | undefined): void {
  if (setting === undefined)
    throw new Error(`${path}: there is no such setting; docs/reference/policies.md lists them`);
  if (typeof setting.default === "number") {
    if (!Number.isInteger(value) || Number(value) < 1) throw wrong(path, value, "a whole number, 1 or more");
  } else if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw wrong(path, value, "a list of texts");
  }
}

function wrong(path: string, got: unknown, allowed: string): Error {
  return new Error(`${path}: got ${JSON.stringify(got)}, allowed is ${allowed}`);
}
