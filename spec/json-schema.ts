import { z } from "zod";
import { environmentSchema } from "./environment.ts";
import type { JsonSchema } from "./json-schema-path.ts";

let cached: JsonSchema | undefined;

/** JSON Schema (draft 2020-12) of an environment as a team writes it; the config reference is generated from it. */
export function environmentJsonSchema(): JsonSchema {
  cached ??= z.toJSONSchema(environmentSchema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return cached;
}
