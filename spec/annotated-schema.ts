import { z } from "zod";
import type { JsonSchema } from "./json-schema-path.ts";

/** A JSON Schema with all that schemas of Kubernetes resources say beyond what {@link JsonSchema} has. */
export interface AnnotatedSchema extends Omit<JsonSchema, "properties" | "additionalProperties" | "items"> {
  readonly format?: string;
  readonly pattern?: string;
  /** What is allowed in the words of the schema's own message, where it has a pattern and such a message. */
  readonly expected?: string;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  /** Whether a text must stay as it was created. */
  readonly immutable?: boolean;
  /** The key that tells the entries of a list apart. */
  readonly mapKey?: string;
  readonly propertyNames?: AnnotatedSchema;
  readonly properties?: Readonly<Record<string, AnnotatedSchema>>;
  readonly additionalProperties?: AnnotatedSchema | boolean;
  readonly items?: AnnotatedSchema;
}

const made = new WeakMap<z.ZodType, AnnotatedSchema>();

/**
 * The JSON Schema of what people write.
 *
 * @throws Error where a check cannot be said so.
 */
export function annotatedSchema(schema: z.ZodType): AnnotatedSchema {
  const known = made.get(schema) ?? (z.toJSONSchema(schema, { io: "input", override: annotate }) as AnnotatedSchema);
  made.set(schema, known);
  return known;
}

function annotate({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: object }): void {
  if (zodSchema._zod.def.checks?.some(({ _zod }) => _zod.def.check === "custom") && !("maxProperties" in jsonSchema))
    throw new Error("A check by a function cannot be said in a schema; use a pattern.");
  if (!("pattern" in jsonSchema)) return;
  // No pattern accepts a text of one NUL: what is said of that is what the pattern means.
  const issues = z.safeParse(zodSchema, "\0").error?.issues ?? [];
  const expected = issues.find(({ code }) => code === "invalid_format")?.message;
  // zod's own messages say nothing that the format does not.
  if (expected?.startsWith("Invalid ") === false) Object.assign(jsonSchema, { expected });
}
