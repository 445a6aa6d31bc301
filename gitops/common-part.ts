import { isDeepStrictEqual } from "node:util";
import { isMap } from "../spec/merge-patch.ts";

/**
 * What several values have in common. Of maps, the keys that all have, each with what is common to its values; of lists of
 * maps that are equally long, the same of each item; anything else is common only where it is equal.
 *
 * @param values at least one.
 * @returns undefined when nothing is.
 */
export function commonPart(values: readonly unknown[]): unknown {
  const [first, ...others] = values;
  if (others.every((other) => isDeepStrictEqual(other, first))) return first;
  if (values.every(isMap)) return commonKeys(values);
  return areAlikeLists(values) ? commonItems(values) : undefined;
}

function commonKeys(maps: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> | undefined {
  const keys = Object.keys(maps[0] ?? {}).filter((key) => maps.every((map) => Object.hasOwn(map, key)));
  const entries = keys
    .map((key) => [key, commonPart(maps.map((map) => map[key]))] as const)
    .filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function commonItems(lists: readonly (readonly Readonly<Record<string, unknown>>[])[]): unknown[] {
  // An item that has nothing in common keeps its place.
  return (lists[0] ?? []).map((_, index) => commonPart(lists.map((list) => list[index])) ?? {});
}

function areAlikeLists(
  values: readonly unknown[],
): values is readonly (readonly Readonly<Record<string, unknown>>[])[] {
  return values.every(
    (value) => Array.isArray(value) && value.every(isMap) && value.length === (values[0] as unknown[]).length,
  );
}
