import type { z } from "zod";
import { annotatedSchema, type AnnotatedSchema } from "../../spec/annotated-schema.ts";
import { mapValues, wholeNumber } from "../../spec/index.ts";
import { immutableRule, keysRule, patternRule, rangeRule, type ValidationRule } from "./validation-rules.ts";

/** What a CustomResourceDefinition says of a value: a part of OpenAPI v3. */
export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly "x-kubernetes-list-type"?: "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}

/** Keywords of schemas that are carried over, each in its way. Zod's readOnly means nothing to the API server. */
const KEYWORDS: readonly string[] = [
  "$schema",
  "type",
  "format",
  "description",
  "default",
  "enum",
  "minimum",
  "maximum",
  "pattern",
  "expected",
  "maxLength",
  "maxItems",
  "maxProperties",
  "required",
  "properties",
  "additionalProperties",
  "propertyNames",
  "items",
  "mapKey",
  "immutable",
  "readOnly",
];

/**
 * Turns a schema of spec/ into one for the API server that accepts the same values and says the same of others: patterns
 * with a message, ranges and names of keys become rules with the words that the commands use. Types, choices, missing
 * and unknown keys, and the limits that the rules' cost is reckoned with are Kubernetes' own checks, with its own words.
 *
 * @throws Error where a check cannot be said in these terms.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return toStructural(annotatedSchema(schema));
}

function toStructural(node: AnnotatedSchema): StructuralSchema {
  const unknown = Object.keys(node).filter((key) => !KEYWORDS.includes(key));
  if (unknown.length > 0) throw new Error(`The API server's schema has no "${unknown.join('", "')}".`);
  const { type, description, enum: choices, maxLength, maxItems, maxProperties, required, items } = node;
  const { properties, additionalProperties, mapKey } = node;
  const rules = rulesOf(node);
  const byRule = node.expected !== undefined;
  const isTime = node.format === "date-time";
  return defined({
    type,
    format: type === "integer" ? "int64" : isTime && !byRule ? "date-time" : undefined,
    description,
    default: node.default,
    enum: choices,
    minimum: type === "number" ? node.minimum : undefined,
    maximum: type === "number" ? node.maximum : undefined,
    pattern: isTime || byRule ? undefined : node.pattern,
    maxLength,
    maxItems,
    maxProperties,
    required,
    properties: properties && mapValues(properties, toStructural),
    additionalProperties: typeof additionalProperties === "object" ? toStructural(additionalProperties) : undefined,
    items: items && toStructural(items),
    "x-kubernetes-list-type": mapKey === undefined ? undefined : "map",
    "x-kubernetes-list-map-keys": mapKey === undefined ? undefined : [mapKey],
    "x-kubernetes-validations": rules.length === 0 ? undefined : rules,
  });
}

function rulesOf({ type, pattern, expected, propertyNames, immutable, ...range }: AnnotatedSchema): ValidationRule[] {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = range;
  // zod writes the largest safe integers for limits that nobody set.
  const isLimited = Number.isSafeInteger(minimum - 1) || Number.isSafeInteger(maximum + 1);
  return [
    ...(pattern !== undefined && expected !== undefined ? [patternRule(pattern, expected)] : []),
    ...(type === "integer" && isLimited ? [rangeRule(minimum, maximum, wholeNumber(range))] : []),
    ...(propertyNames?.pattern !== undefined
      ? [keysRule(propertyNames.pattern, `a name of ${propertyNames.expected}`)]
      : []),
    ...(immutable ? [immutableRule()] : []),
  ];
}

function defined<T extends object>(from: T): T {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as T;
}
