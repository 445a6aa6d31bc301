/** The parts of a JSON Schema (draft 2020-12) that Terrarium reads. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

/**
 * The plain forms that a schema allows at a path into a value. Where the value shows which of several forms is meant
 * (the engine of a data store), only that one.
 */
export function schemasAt(root: JsonSchema, path: readonly PropertyKey[], value: unknown): JsonSchema[] {
  let current = value;
  let found = meantForms(root, root, current);
  for (const key of path) {
    current = valueOf(current, key);
    found = found.flatMap((form) => step(form, key)).flatMap((schema) => meantForms(schema, root, current));
  }
  return found;
}

/** Follows references and alternatives of a schema to its plain forms. */
export function forms(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    return target ? forms(target, root) : [];
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  return alternatives ? alternatives.flatMap((alternative) => forms(alternative, root)) : [schema];
}

function meantForms(schema: JsonSchema, root: JsonSchema, value: unknown): JsonSchema[] {
  const all = forms(schema, root);
  const consistent = all.filter((form) =>
    Object.entries(form.properties ?? {}).every(([key, property]) => {
      const given = valueOf(value, key);
      return property.const === undefined || given === undefined || given === property.const;
    }),
  );
  const complete = consistent.filter(
    (form) => form.properties && (form.required ?? []).every((key) => valueOf(value, key) !== undefined),
  );
  if (complete.length > 0) return complete;
  return consistent.length > 0 ? consistent : all;
}

function step(form: JsonSchema, key: PropertyKey): JsonSchema[] {
  if (typeof key === "number") return form.items ? [form.items] : [];
  const property = form.properties?.[String(key)];
  if (property) return [property];
  return typeof form.additionalProperties === "object" ? [form.additionalProperties] : [];
}

function valueOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}
