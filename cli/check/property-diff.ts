import { secretIn } from "../../policies/secret-values.ts";
import { type KubeManifest, redactedValue } from "../rendered-object.ts";

/** One property that differs; values are for people, and never secret. */
export interface PropertyChange {
  /** e.g. "spec.template.spec.containers[web].image". */
  readonly path: string;
  /** Undefined where it was not set. */
  readonly before?: string;
  /** Undefined where it is not set any more. */
  readonly after?: string;
}

/** Stands for a value that nobody is to read. */
const HIDDEN = "(secret)";

/** Longest value that is shown in full, in characters, and the most lines of a text that differ. */
const LONGEST_VALUE = 200;
const MOST_LINES = 12;

/** Digests that roll pods when their configuration changes: they only say that something else differs. */
const CHECKSUM = /\["checksum\/[a-z]+"\]$/;

/**
 * The properties that differ between two states of an object, by path.
 *
 * @param changedPaths what the engine takes for different: it also compares what is secret.
 */
export function diffProperties(
  before: KubeManifest,
  after: KubeManifest,
  changedPaths: readonly string[] = [],
): PropertyChange[] {
  const found = compare(before, after, "", "");
  const isSeen = found.some(({ path }) => isSecretPath(path));
  const unseen = changedPaths.filter((path) => found.length === 0 || (after.kind === "Secret" && isSecretPath(path)));
  return [...found, ...(isSeen ? [] : unseen.map((path) => ({ path, before: HIDDEN, after: HIDDEN })))];
}

/** Text for people, line by line, without the lines that hold a secret. */
export function withoutSecrets(text: string): string {
  return text
    .split("\n")
    .map((line) => (secretIn(line) === undefined ? line : `${HIDDEN}: this line is left out`))
    .join("\n");
}

function isSecretPath(path: string): boolean {
  return /^(?:data|stringData)\b/.test(path);
}

/** @param name of the property, as people call it; the name of a variable for its value. */
function compare(before: unknown, after: unknown, path: string, name: string): PropertyChange[] {
  if (isSame(before, after) || (isEmpty(before) && isEmpty(after))) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => {
      const called = key === "value" ? nameIn(after, nameIn(before, name)) : key;
      return compare(own(before, key), own(after, key), below(path, key), called);
    });
  }
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, path, name);
  if (CHECKSUM.test(path)) return [{ path, before: "(a checksum)", after: "(another one)" }];
  if (isText(before) && isText(after)) return [{ path, ...lineChanges(before, after, name) }];
  return [
    {
      path,
      ...(before === undefined ? {} : { before: shown(before, name) }),
      ...(after === undefined ? {} : { after: shown(after, name) }),
    },
  ];
}

/** Items are the same by their names; where they have none, those that both lists have are left out. */
function compareLists(before: readonly unknown[], after: readonly unknown[], path: string, name: string) {
  const [old, young] = [byName(before), byName(after)];
  if (old && young) {
    const keys = [...new Set([...old.keys(), ...young.keys()])];
    return keys.flatMap((key) => compare(old.get(key), young.get(key), `${path}[${key}]`, name));
  }
  const isIn = (list: readonly unknown[]) => (item: unknown) => list.some((other) => isSame(item, other));
  const gone = before.filter((item) => !isIn(after)(item));
  const added = after.filter((item) => !isIn(before)(item));
  const [one, other] = [gone[0], added[0]];
  if (gone.length === 1 && added.length === 1) return compare(one, other, `${path}[${after.indexOf(other)}]`, name);
  // Only their order or number differs.
  if (gone.length + added.length === 0) return [{ path, before: shown(before, name), after: shown(after, name) }];
  return [
    ...gone.map((item) => ({ path: `${path}[]`, before: shown(item, name) })),
    ...added.map((item) => ({ path: `${path}[]`, after: shown(item, name) })),
  ];
}

function shown(value: unknown, name: string): string {
  if (value === redactedValue || holdsSecret(value, name)) return HIDDEN;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)` : text;
}

function holdsSecret(value: unknown, name: string): boolean {
  if (typeof value === "string") return secretIn(value, name) !== undefined;
  if (Array.isArray(value)) return value.some((item: unknown) => holdsSecret(item, name));
  if (!isMap(value)) return false;
  return Object.entries(value).some(([key, item]) => holdsSecret(item, key === "value" ? nameIn(value, name) : key));
}

/** The lines of a text that differ, between those with which both begin and end. */
function lineChanges(before: string, after: string, name: string): Pick<PropertyChange, "before" | "after"> {
  if (holdsSecret(before, name) || holdsSecret(after, name)) return { before: HIDDEN, after: HIDDEN };
  const [old, young] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < Math.min(old.length, young.length) && old[start] === young[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, young.length) - start && old.at(-1 - end) === young.at(-1 - end)) end++;
  const part = (lines: string[]): string => {
    const differing = lines.slice(start, lines.length - end);
    const more = differing.length - MOST_LINES;
    const kept = more > 0 ? [...differing.slice(0, MOST_LINES), `… ${more} more lines`] : differing;
    return `line ${start + 1}: ${kept.map((line) => line.slice(0, LONGEST_VALUE)).join("\n")}`;
  };
  return { before: part(old), after: part(young) };
}

/** A list by the names of its items; undefined where they have none of their own. */
function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
  const named = list.map((item) => [isMap(item) ? item["name"] : undefined, item] as const);
  const names = new Map(named.filter((entry): entry is readonly [string, unknown] => typeof entry[0] === "string"));
  return names.size === list.length ? names : undefined;
}

/** A property of the map itself: a key may be called like something that every object has. */
function own(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function nameIn(value: Readonly<Record<string, unknown>>, otherwise: string): string {
  return typeof value["name"] === "string" ? value["name"] : otherwise;
}

function below(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}["${key}"]`;
  return path === "" ? key : `${path}.${key}`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.includes("\n");
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is not known before an update leaves empty lists behind. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

/** Keys of manifests are in order, so that equal values are equal texts. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
