import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What an API server publishes under /openapi/v2, as far as schemas are made from it. */
export interface OpenApi {
  readonly definitions: Definitions;
}

/** Schemas by name; those of kinds say of which. */
export type Definitions = Readonly<Record<string, Definition>>;

/** A CustomResourceDefinition, as far as schemas are made from it. */
export interface ResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

interface Definition {
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
  readonly [keyword: string]: unknown;
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Where kubeconform finds the files of {@link writeJsonSchemas} below their folder. The core group's name is its version. */
export const SCHEMA_LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";

/**
 * Writes one self-contained JSON schema for each kind that an API server knows, custom resources included. A field that
 * the server would drop or refuse is an error in the schema.
 *
 * @returns the number of kinds.
 */
export function writeJsonSchemas({ definitions }: OpenApi, folder: string): number {
  const schemas = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, SCALARS[name] ?? toSchema(definition)]),
  );
  const paths = new Set<string>();
  for (const [name, { "x-kubernetes-group-version-kind": kinds }] of Object.entries(definitions)) {
    const [kind, ...others] = kinds ?? [];
    // What has many kinds at once is no object but a request's options or a watch's event.
    if (!kind || others.length > 0) continue;
    const path = schemaPath(kind);
    if (paths.has(path)) throw new Error(`two kinds would have the schema ${path}`);
    paths.add(path);
    const schema = { ...schemas[name], definitions: withReferences(name, schemas) };
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(schema));
  }
  return paths.size;
}

/** What an API server would publish of a custom resource. */
export function definitionsOf({ spec: { group, names, versions } }: ResourceDefinition): Definitions {
  return Object.fromEntries(
    versions.map(({ name: version, schema }) => [
      `${group}.${version}.${names.kind}`,
      { ...schema.openAPIV3Schema, "x-kubernetes-group-version-kind": [{ group, version, kind: names.kind }] },
    ]),
  );
}

/** Path of a kind's schema below the folder of {@link writeJsonSchemas}. */
export function schemaPath({ group, version, kind }: GroupVersionKind): string {
  return `${group === "" ? version : group}/${kind.toLowerCase()}_${version}.json`;
}

/** Keywords that mean the same in OpenAPI and in JSON schema. */
const SHARED = new Set([
  "type",
  "enum",
  "required",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
]);

/** Keywords that hold a list of schemas, which all describe one value. */
const COMBINED = ["allOf", "anyOf", "oneOf"] as const;

/** Definitions whose OpenAPI type says less than the server takes. */
const SCALARS: Readonly<Record<string, Schema>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: ["string", "number"] },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: ["string", "integer"] },
};

/** Fields of every object that is embedded in another, whether its definition lists them or not. */
const EMBEDDED_FIELDS = { apiVersion: {}, kind: {}, metadata: {} };

/** @param closed whether unknown fields are errors. */
function toSchema(schema: Schema, closed = true): Schema {
  if (typeof schema["$ref"] === "string") return reference(schema["$ref"].replace("#/definitions/", ""));
  const keywords = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (SHARED.has(keyword)) return [[keyword, value]];
    if (keyword === "items") return [[keyword, toSchema(value as Schema, closed)]];
    // Each part names some of the fields, so none can say that there are no others.
    if (COMBINED.some((combined) => combined === keyword)) {
      return [[keyword, (value as Schema[]).map((part) => toSchema(part, false))]];
    }
    return [];
  });
  return { ...Object.fromEntries(keywords), ...fieldsOf(schema, closed), ...typeOf(schema) };
}

function typeOf(schema: Schema): Schema {
  if (schema["x-kubernetes-int-or-string"] === true) return { type: ["string", "integer"] };
  if (schema["nullable"] === true && "type" in schema) return { type: [schema["type"], "null"] };
  return {};
}

function fieldsOf(schema: Schema, closed: boolean): Schema {
  const { properties, additionalProperties } = schema as {
    properties?: Record<string, Schema>;
    additionalProperties?: Schema | boolean;
  };
  const others =
    typeof additionalProperties === "object" ? toSchema(additionalProperties, closed) : additionalProperties;
  if (!properties) return others === undefined ? {} : { additionalProperties: others };
  const named = Object.entries(properties).map(([name, value]) => [name, toSchema(value, closed)] as const);
  const isOpen = !closed || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    properties: {
      ...(schema["x-kubernetes-embedded-resource"] === true ? EMBEDDED_FIELDS : {}),
      ...Object.fromEntries(named),
    },
    additionalProperties: others ?? isOpen,
  };
}

function reference(name: string): Schema {
  return { $ref: `#/definitions/${name}` };
}

/** A definition and all that it refers to. */
function withReferences(name: string, schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const used: Record<string, Schema> = {};
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const schema = schemas[next];
    if (!schema) throw new Error(`the API server's schemas refer to ${next}, which is not among them`);
    if (next in used) continue;
    used[next] = schema;
    queue.push(...referencesIn(schema));
  }
  return used;
}

function referencesIn(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { $ref } = schema as { $ref?: unknown };
  // A property may be called "$ref" too; then it is a schema.
  if (typeof $ref === "string") return [$ref.replace("#/definitions/", "")];
  return Object.values(schema).flatMap(referencesIn);
}
