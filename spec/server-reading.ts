import type { AnnotatedSchema } from "./annotated-schema.ts";
import { formatPath, type Problem } from "./problem.ts";

/** A value as the API server reads it. */
interface Reading {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Reads a value as the API server does, where zod does otherwise: `null` counts as left out, wherever the schema knows the
 * key, and a key "__proto__" is a key like any other, which no schema allows.
 */
export function readAsServer(value: unknown, schema: AnnotatedSchema, path: readonly PropertyKey[] = []): Reading {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { value, problems: [] };
  const entries = Object.entries(value).flatMap(([key, child]) => {
    const property = Object.hasOwn(schema.properties ?? {}, key)
      ? schema.properties?.[key]
      : schema.additionalProperties;
    if (typeof property !== "object") return [{ key, value: child as unknown, problems: [] }];
    return child === null ? [] : [{ key, ...readAsServer(child, property, [...path, key]) }];
  });
  const hidden = Object.hasOwn(value, "__proto__") ? [hiddenKey(schema, path)] : [];
  return {
    value: Object.fromEntries(entries.map((entry) => [entry.key, entry.value])),
    problems: [...hidden, ...entries.flatMap(({ problems }) => problems)],
  };
}

function hiddenKey({ properties, propertyNames }: AnnotatedSchema, within: readonly PropertyKey[]): Problem {
  const path = formatPath([...within, "__proto__"]);
  return propertyNames
    ? { path, got: '"__proto__"', expected: `a name of ${propertyNames.expected}` }
    : { path, expected: Object.keys(properties ?? {}).join(", "), unknownKey: true };
}
