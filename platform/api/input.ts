import type { z } from "zod";
import { annotatedSchema } from "../../spec/annotated-schema.ts";
import { InvalidSpecError, readInput } from "../../spec/index.ts";
import { HttpProblem, type ProblemCode } from "../http/problem.ts";

/** Reads a body that JSON was. @throws HttpProblem that lists every problem. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  return read(schema, body, "body", "invalid");
}

/** Reads a query, whose values are text. @throws HttpProblem that lists every problem. */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.output<Schema> {
  const { properties = {} } = annotatedSchema(schema);
  const values = Object.entries(query as Record<string, unknown>).map(([key, value]) => {
    const type = Object.hasOwn(properties, key) ? properties[key]?.type : undefined;
    if (type === "integer" && typeof value === "string" && /^\d{1,10}$/.test(value)) return [key, Number(value)];
    if (type === "boolean" && (value === "true" || value === "false")) return [key, value === "true"];
    return [key, value];
  });
  return read(schema, Object.fromEntries(values), "query", "bad-request");
}

function read<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string, code: ProblemCode) {
  try {
    return readInput(schema, input);
  } catch (error) {
    if (!(error instanceof InvalidSpecError)) throw error;
    const { problems } = error;
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    throw new HttpProblem(code, `The ${what} has ${count}; nothing was changed.`, { errors: problems });
  }
}
