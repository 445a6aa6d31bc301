import type { z } from "zod";
import { schemasAt, type JsonSchema } from "./json-schema-path.ts";

/** One thing that is wrong with a specification. */
export interface Problem {
  /** Where, e.g. "services.api.ports.http". */
  readonly path: string;
  /** The offending value, shortened; undefined where the value may be a secret or doesn't matter. */
  readonly got?: string;
  /** What is allowed there. */
  readonly expected: string;
  /** Set where the key itself is wrong: `expected` then lists the keys that exist. */
  readonly unknownKey?: true;
}

/** A specification that can't be used. Thrown before anything is touched; the message lists every problem. */
export class InvalidSpecError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(
      `The environment's configuration has ${count}; nothing was changed.\n${problems.map(formatProblem).join("\n")}`,
    );
    this.name = "InvalidSpecError";
    this.problems = problems;
  }
}

/** One line: where, what was given, what is allowed. */
export function formatProblem({ path, got, expected, unknownKey }: Problem): string {
  if (unknownKey) return `  ${path}: no such key; allowed here: ${expected}`;
  return `  ${path}: ${got === undefined ? "" : `got ${got}, `}expected ${expected}`;
}

/** A secret that a description names and nobody has set. */
export function missingSecret(path: string, key: string, secretKeys: readonly string[]): Problem {
  const fix = `set it with \`pulumi config set --secret --path 'secretValues.${key}'\``;
  return {
    path,
    got: formatValue(key),
    expected: `a key of secretValues (${secretKeys.join(", ") || "none are set"}); ${fix}`,
  };
}

/** Writes a path as people write it in config: services.api.calls[0]. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** Values under these keys may be secrets and are never repeated in a message. */
const SECRET_KEYS: readonly PropertyKey[] = ["secrets", "secretValues"];

/**
 * Shows a value in a message: JSON, at most 80 characters. Of maps only the keys are shown, and of addresses neither user,
 * password nor query: a value may be a secret, and messages get into logs and comments.
 */
export function formatValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (isMap(value)) {
    const keys = Object.keys(value);
    return keys.length === 0
      ? "an empty map"
      : shorten(`a map with ${keys.length === 1 ? "the key" : "the keys"} ${keys.join(", ")}`);
  }
  if (Array.isArray(value) && value.some((entry) => typeof entry === "object" && entry !== null))
    return "a list of maps";
  return shorten(withoutCredentials(JSON.stringify(value) ?? typeof value));
}

/** Says which names are allowed: what they are names of, then each. */
export function oneOf(what: string, names: readonly string[]): string {
  return `${what}: ${[...new Set(names)].join(", ") || "none is declared"}`;
}

function withoutCredentials(text: string): string {
  return text.replace(/(:\/\/)[^\s"]*@/g, "$1***@").replace(/(:\/\/[^\s"?]*\?)[^\s"]+/g, "$1***");
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length > 80 ? `${characters.slice(0, 77).join("")}...` : text;
}

/**
 * Turns a schema's findings into problems.
 *
 * @param input what was checked: the value at each path is shown.
 * @param schema gives the JSON Schema of `input`: allowed keys and ranges are read from it.
 */
export function toProblems(issues: readonly z.core.$ZodIssue[], input: unknown, schema: () => JsonSchema): Problem[] {
  return issues.flatMap((issue) => toProblem(issue, issue.path, input, schema));
}

function toProblem(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[],
  input: unknown,
  schema: () => JsonSchema,
): Problem[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = new Set(schemasAt(schema(), path, input).flatMap((form) => Object.keys(form.properties ?? {})));
    return issue.keys.map((key) => ({
      path: formatPath([...path, key]),
      expected: [...allowed].join(", "),
      unknownKey: true,
    }));
  }
  if (issue.code === "invalid_union") {
    const meant = issue.errors.filter(
      (branch) => branch.length > 0 && !branch.some((inner) => isOtherForm(inner, path, input)),
    );
    const [form] = meant;
    if (form && meant.length === 1)
      return form.flatMap((inner) => toProblem(inner, [...path, ...inner.path], input, schema));
  }
  if (issue.code === "invalid_key" || issue.code === "invalid_element") {
    const expected = issue.issues.map((inner) => inner.message).join("; ");
    return [
      {
        path: formatPath(path),
        got: formatValue(path.at(-1)),
        expected: `a name of ${expected}`.replace("a name of a name", "a name"),
      },
    ];
  }
  const value = valueAt(input, path);
  const hidden = value !== undefined && path.some((key) => SECRET_KEYS.includes(key));
  const expected = expectation(issue, value, () => schemasAt(schema(), path, input));
  return [{ path: formatPath(path) || "(top level)", got: hidden ? undefined : formatValue(value), expected }];
}

/** Whether a finding shows that the value is not meant to have the form it was tried against. */
function isOtherForm(issue: z.core.$ZodIssue, path: readonly PropertyKey[], input: unknown): boolean {
  if (issue.path.length === 0) return issue.code !== "unrecognized_keys";
  return issue.path.length === 1 && valueAt(input, [...path, ...issue.path]) === undefined;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys to values",
  record: "a map of names to values",
};

function expectation(issue: z.core.$ZodIssue, value: unknown, schemas: () => readonly JsonSchema[]): string {
  // A message of the schema's own says what is allowed; zod's default ones are said in the words of this module.
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type") {
    const unquoted = issue.expected === "string" && (typeof value === "number" || typeof value === "boolean");
    return unquoted ? "text: put it in quotes" : (TYPE_NAMES[issue.expected] ?? wholeNumberOf(schemas()));
  }
  if (issue.code === "invalid_value") return issue.values.map((allowed) => JSON.stringify(allowed)).join(" or ");
  if (issue.code === "too_big" && issue.origin === "string") return `at most ${issue.maximum} characters`;
  if (issue.code === "too_small" && issue.origin === "array") return "a list that isn't empty";
  return wholeNumberOf(schemas());
}

function wholeNumberOf(schemas: readonly JsonSchema[]): string {
  return wholeNumber(schemas.find((form) => form.type === "integer") ?? {});
}

/** Says which whole numbers are allowed. */
export function wholeNumber({ minimum, maximum }: Pick<JsonSchema, "minimum" | "maximum">): string {
  const bounded = [minimum, maximum].map((bound) =>
    bound !== undefined && Number.isSafeInteger(bound) && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined,
  );
  const [from, to] = bounded;
  if (from !== undefined && to !== undefined) return `a whole number from ${from} to ${to}`;
  return from === undefined ? "a whole number" : `a whole number of at least ${from}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
