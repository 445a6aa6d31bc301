import { z } from "zod";
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from "../http/problem.ts";
import { API_PATH, type Route, ROUTES } from "./routes.ts";
import { problemSchema } from "./schemas.ts";

/** What every route may answer where it does not do what it is asked for. */
const COMMON: readonly ProblemCode[] = [
  "bad-request",
  "unauthenticated",
  "forbidden",
  "too-many-requests",
  "internal",
  "unavailable",
];
/** What a body adds, also one that nobody reads. */
const BODY: readonly ProblemCode[] = ["too-large", "unsupported-media-type"];

const NAME = {
  name: "name",
  in: "path",
  required: true,
  description: "Name of the environment.",
  schema: { type: "string", minLength: 1, maxLength: 50, pattern: "^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$" },
};

const DESCRIPTION = `Preview environments of the platform service. Everything that is no success is answered with a Problem
(RFC 9457). Callers are known by a token that the cluster accepts, and may do what its roles say.`;

type Json = Readonly<Record<string, unknown>>;

/** The API as an OpenAPI 3.1 document, made from the same schemas that requests are read by. */
export function openApiDocument(): Json {
  const components = new Map<string, unknown>();
  const schema = (of: z.ZodType): Json => toSchema(of, components);
  const paths: Record<string, Record<string, Json>> = {};
  for (const [id, route] of Object.entries<Route>(ROUTES)) {
    const path = `${API_PATH}${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(id, route, schema);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Terrarium",
      version: "1",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A token for one of the audiences that the platform's configuration names (http.audiences).",
        },
      },
      schemas: Object.fromEntries([...components].sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  };
}

function operation(id: string, route: Route, schema: (of: z.ZodType) => Json): Json {
  const { method, summary, right, query, body, status, answer, stream, problems } = route;
  const codes = [...COMMON, ...(method === "GET" ? [] : BODY), ...problems];
  const inPath = route.path.includes(":name") ? [NAME] : [];
  const lastId = {
    name: "Last-Event-ID",
    in: "header",
    description: "Of a stream: goes on after the event with this id.",
  };
  return {
    operationId: id,
    summary,
    description: `Takes the right to ${right}.`,
    parameters: [
      ...inPath,
      ...parametersOf(query),
      ...(stream === undefined ? [] : [{ ...lastId, schema: { type: "string" } }]),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schema(body) } } } }),
    responses: {
      [status]: {
        description: "Done.",
        ...(answer === undefined
          ? {}
          : {
              content: {
                "application/json": { schema: schema(answer) },
                ...(stream === undefined
                  ? {}
                  : {
                      "text/event-stream": {
                        schema: { type: "string", description: `Server-sent events: ${stream}.` },
                      },
                    }),
              },
            }),
      },
      ...Object.fromEntries(
        codes.map((code) => [
          PROBLEMS[code].status,
          {
            description: `${PROBLEMS[code].title}.`,
            content: { [PROBLEM_TYPE]: { schema: schema(problemSchema) } },
          },
        ]),
      ),
    },
  };
}

function parametersOf(query: Route["query"]): Json[] {
  if (query === undefined) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, of]) => {
    const { description, ...schema } = of as Json;
    return { name, in: "query", description, schema };
  });
}

/** Schemas with an id become components; others stay where they are. What the cluster has is what people wrote: read as input. */
function toSchema(of: z.ZodType, components: Map<string, unknown>): Json {
  const { $defs = {}, ...root } = z.toJSONSchema(of, { io: "input", override: nameNoGroups });
  for (const [name, definition] of Object.entries($defs)) components.set(name, withReferences(definition));
  return withReferences({ ...root, $schema: undefined }) as Json;
}

/** Not every language that reads patterns can read names of groups in them. */
function nameNoGroups({ jsonSchema }: { jsonSchema: { pattern?: string } }): void {
  if (jsonSchema.pattern !== undefined) jsonSchema.pattern = jsonSchema.pattern.replaceAll(/\(\?<\w+>/g, "(?:");
}

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === "$ref" ? String(each).replace("#/$defs/", "#/components/schemas/") : withReferences(each),
    ]),
  );
}
