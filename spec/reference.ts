import { code, fence, heading, table } from "./markdown.ts";
import type { JsonSchema } from "./json-schema-path.ts";
import { RESERVED_NAMES } from "./names.ts";
import { QUANTITY_EXAMPLES } from "./quantity.ts";
import { REFERENCE_SECTIONS, type ReferenceSection } from "./reference-sections.ts";
import { resolveEnvironment } from "./resolve.ts";
import { TIER_DEFAULTS, TIERS, type Tier } from "./tiers.ts";

/** A JSON Schema with the keywords that only the reference reads. */
export interface ReferenceSchema extends Omit<
  JsonSchema,
  "type" | "$defs" | "properties" | "additionalProperties" | "items" | "anyOf" | "oneOf"
> {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly expected?: string;
  readonly minItems?: number;
  readonly $defs?: Readonly<Record<string, ReferenceSchema>>;
  readonly properties?: Readonly<Record<string, ReferenceSchema>>;
  readonly additionalProperties?: ReferenceSchema | boolean;
  readonly items?: ReferenceSchema;
  readonly anyOf?: readonly ReferenceSchema[];
  readonly oneOf?: readonly ReferenceSchema[];
}

/** A key as Pulumi.yaml declares it. */
export interface DeclaredKey {
  readonly type: string;
  readonly description: string;
}

/** What the reference is made from. */
export interface ReferenceArgs {
  /** Schema of an environment, as teams write it. */
  readonly schema: ReferenceSchema;
  /** Keys of the stack configuration, as Pulumi.yaml declares them. */
  readonly stackKeys: Readonly<Record<string, DeclaredKey>>;
}

/** One key of the configuration. */
export interface ReferenceRow {
  /** Path within its section, e.g. "scaling.maxReplicas" or "volumes[].size". */
  readonly path: string;
  readonly type: string;
  /** Markdown: a value, "by tier" with the values, or words. */
  readonly default: string;
  readonly description: string;
}

/**
 * Writes the reference of the configuration: every key with type, allowed values, default and meaning.
 *
 * @returns Markdown.
 * @throws Error that lists every key without a description.
 */
export function configurationReference({ schema, stackKeys }: ReferenceArgs): string {
  const sections = REFERENCE_SECTIONS.map((section) => ({ section, rows: referenceRows(section, schema) }));
  const undescribed = sections.flatMap(({ section, rows }) =>
    rows.filter(({ description }) => description === "").map(({ path }) => `  ${section.path}.${path}`),
  );
  if (undescribed.length > 0) {
    throw new Error(`These keys have no description; add .meta({ description }) in spec/:\n${undescribed.join("\n")}`);
  }
  return [
    HEAD,
    heading("Top level", "top-level"),
    "Keys of `config:` in `Pulumi.<stack>.yaml`, each with the prefix `terrarium:`.",
    table(
      ["Key", "Type", "Default", "Meaning"],
      Object.entries(stackKeys).map(([key, declared]) => toStackRow(key, declared, schema)),
    ),
    heading("Defaults by tier", "defaults-by-tier"),
    "Everything that differs between tiers. Each of these can be set for itself.",
    tierTable(sections),
    ...sections.flatMap(({ section, rows }) => [
      heading(section.title, section.anchor),
      section.intro,
      fence(section.example),
      table(
        ["Key", "Type", "Default", "Meaning"],
        rows.map((row) => [code(row.path), row.type, row.default, row.description]),
      ),
    ]),
    VALUES,
  ].join("\n\n");
}

/** Every key of one section, in the schema's order, each parent before its children. */
export function referenceRows(section: ReferenceSection, schema: ReferenceSchema): ReferenceRow[] {
  const root = follow(section.schema === "" ? schema : schema.$defs?.[section.schema], schema);
  const start = section.within.reduce<ReferenceSchema>((node, key) => follow(node.properties?.[key], schema), root);
  return childRows(start, "", { root: schema, section });
}

interface Walk {
  readonly root: ReferenceSchema;
  readonly section: ReferenceSection;
}

function childRows(node: ReferenceSchema, prefix: string, walk: Walk): ReferenceRow[] {
  const required = node.required ?? [];
  return Object.entries(node.properties ?? {}).flatMap(([key, property]) =>
    rowsOf(property, prefix === "" ? key : `${prefix}.${key}`, required.includes(key), walk),
  );
}

function rowsOf(property: ReferenceSchema, path: string, required: boolean, walk: Walk): ReferenceRow[] {
  const node = follow(property, walk.root);
  const { text, fallback } = splitDefault(node.description ?? "");
  const row = {
    path,
    type: typeOf(node, walk.root),
    default: defaultOf({ node, path, required, fallback, walk }),
    description: text,
  };
  return [row, ...alternatives(node).flatMap((form) => nestedRows(form, path, walk))];
}

function nestedRows(form: ReferenceSchema, path: string, walk: Walk): ReferenceRow[] {
  if (form.items)
    return alternatives(follow(form.items, walk.root)).flatMap((item) => childRows(item, `${path}[]`, walk));
  if (typeof form.additionalProperties === "object") {
    const values = follow(form.additionalProperties, walk.root);
    const several = alternatives(values).length > 1;
    const rows = alternatives(values).flatMap((form) => childRows(form, `${path}.<name>`, walk));
    return rows.map((row) =>
      several && row.default === REQUIRED ? { ...row, default: "one of the forms is required" } : row,
    );
  }
  return childRows(form, path, walk);
}

/** Follows a reference; keywords beside it, such as a default, stay. */
function follow(node: ReferenceSchema | undefined, root: ReferenceSchema): ReferenceSchema {
  if (node === undefined) throw new Error("The schema has no such section.");
  if (node.$ref === undefined) return node;
  const { $ref, ...beside } = node;
  const target = root.$defs?.[$ref.replace("#/$defs/", "")];
  return { ...follow(target, root), ...beside };
}

function alternatives(node: ReferenceSchema): readonly ReferenceSchema[] {
  return node.anyOf ?? node.oneOf ?? [node];
}

/** Says in words what a value may be. */
function typeOf(node: ReferenceSchema, root: ReferenceSchema): string {
  const forms = node.anyOf ?? node.oneOf;
  if (forms) return [...new Set(forms.map((form) => typeOf(follow(form, root), root)))].join(" or ");
  if (node.const !== undefined) return value(node.const);
  if (node.enum) return node.enum.map(value).join(", ");
  if (node.format === "cores" || node.format === "bytes") return `[quantity](#quantities) in ${node.format}`;
  if (node.expected !== undefined) return node.expected;
  if (node.items) {
    const least = node.minItems === undefined || node.minItems === 0 ? "" : `, at least ${node.minItems}`;
    return `list of ${plural(follow(node.items, root), root)}${least}`;
  }
  if (typeof node.additionalProperties === "object")
    return `map of names to ${plural(follow(node.additionalProperties, root), root)}`;
  if (node.type === "integer") return `whole number${range(node)}`;
  if (node.type === "number") return `number${range(node)}`;
  if (node.type === "boolean") return "`true`, `false`";
  if (node.type === "object") return "map";
  return node.maxLength === undefined ? "text" : `text, at most ${node.maxLength} characters`;
}

function plural(node: ReferenceSchema, root: ReferenceSchema): string {
  const type = typeOf(node, root);
  return type === "map" ? "maps" : type.replace(/^whole number/, "whole numbers");
}

function range({ minimum, maximum }: ReferenceSchema): string {
  const hasMinimum = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  const hasMaximum = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (hasMinimum && hasMaximum) return `, ${minimum} to ${maximum}`;
  if (hasMinimum) return `, at least ${minimum}`;
  return hasMaximum ? `, at most ${maximum}` : "";
}

interface DefaultSource {
  readonly node: ReferenceSchema;
  readonly path: string;
  readonly required: boolean;
  /** What the description says of the default. */
  readonly fallback: string | undefined;
  readonly walk: Walk;
}

function defaultOf({ node, path, required, fallback, walk }: DefaultSource): string {
  if (required) return REQUIRED;
  if (fallback !== undefined && fallback !== "by tier") return fallback;
  const values = valuesByTier(walk.section, path);
  if (values && new Set(values.map((each) => JSON.stringify(each))).size > 1) return byTier(values);
  if (alternatives(node).some((form) => form.properties))
    return node.default === undefined && values === undefined ? "none" : "";
  if (node.default !== undefined) return value(node.default);
  return values === undefined ? "none" : value(values[0]);
}

/** A description without its last sentence, when that names the default. */
function splitDefault(description: string): { text: string; fallback: string | undefined } {
  const match = /^(?<text>.*?)\s*Default(?::| -) (?<fallback>.+?)\.?$/s.exec(description);
  return { text: match?.groups?.["text"] ?? description, fallback: match?.groups?.["fallback"] };
}

/** What a key resolves to in each tier when nobody sets it; undefined where it stays unset. */
function valuesByTier(section: ReferenceSection, path: string): unknown[] | undefined {
  if (path.includes("[]") || path.includes("<name>")) return undefined;
  const keys = [...section.specimen, ...path.split(".")];
  const values = TIERS.map((tier) => valueAt(specimen(tier, "bare"), keys) ?? valueAt(specimen(tier, "full"), keys));
  return values.includes(undefined) ? undefined : values;
}

/** An environment that leaves everything open that a team may leave open; "full" has backups in every tier. */
function specimen(tier: Tier, form: "bare" | "full"): unknown {
  return resolveEnvironment({
    name: "environment",
    application: "application",
    tier,
    services: { service: { image: "application:1.0.0" } },
    dataStores: {
      postgres: { engine: "postgres", ...(form === "full" ? { backup: {} } : {}) },
      redis: { engine: "redis" },
    },
    migrations: { migration: { dataStore: "postgres", image: "application:1.0.0", command: ["migrate"] } },
  });
}

function valueAt(from: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (node, key) => (typeof node === "object" && node !== null ? (node as Record<string, unknown>)[key] : undefined),
    from,
  );
}

function byTier(values: readonly unknown[]): string {
  const groups = new Map<string, Tier[]>();
  TIERS.forEach((tier, index) => {
    const text = typeof values[index] === "object" ? "the keys below" : value(values[index]);
    groups.set(text, [...(groups.get(text) ?? []), tier]);
  });
  if (groups.size === 1 && groups.has("the keys below")) return "";
  return [...groups].map(([text, tiers]) => `${tiers.join(" and ")} ${text}`).join(", ");
}

interface TierRow {
  readonly prefix: string;
  /** Parts of the observability stack that share the row; empty elsewhere. */
  readonly parts: readonly string[];
  readonly key: string;
  readonly cells: readonly string[];
}

function tierTable(sections: readonly { section: ReferenceSection; rows: readonly ReferenceRow[] }[]): string {
  const merged = new Map<string, TierRow>();
  for (const { section, rows } of sections) {
    for (const { path } of rows) {
      const cells = valuesByTier(section, path)?.map((each) => (typeof each === "object" ? "yes" : value(each)));
      if (cells === undefined || new Set(cells).size === 1) continue;
      const [part = "", ...rest] = path.split(".");
      const shared = section.path === "observability" && rest.length > 0;
      const row: TierRow = {
        prefix: section.path,
        parts: shared ? [part] : [],
        key: shared ? rest.join(".") : path,
        cells,
      };
      const same = [row.prefix, row.key, ...row.cells].join(" ");
      merged.set(same, { ...row, parts: [...(merged.get(same)?.parts ?? []), ...row.parts] });
    }
  }
  const keys = [...merged.values()].map(({ prefix, parts, key, cells }) => {
    const middle = parts.length > 1 ? [`{${parts.join(",")}}`] : parts;
    return [code([prefix, ...middle, key].join(".")), ...cells];
  });
  const rules: [string, (tier: Tier) => unknown][] = [
    ["fewest replicas of a service that are accepted", (tier) => TIER_DEFAULTS[tier].minReplicas],
    ["images without a pinned tag or digest are accepted", (tier) => TIER_DEFAULTS[tier].unpinnedImages],
  ];
  return table(
    ["Key", ...TIERS.map(code)],
    [...keys, ...rules.map(([name, read]) => [name, ...TIERS.map((tier) => value(read(tier)))])],
  );
}

function toStackRow(key: string, declared: DeclaredKey, schema: ReferenceSchema): string[] {
  const { text, fallback } = splitDefault(
    declared.description.replace(/\s*See docs\/reference\/configuration\.md\.$/, ""),
  );
  const links = REFERENCE_SECTIONS.filter(({ path }) => path === key || path.startsWith(`${key}.`));
  const more =
    links.length === 0 ? "" : ` See ${links.map(({ title, anchor }) => `[${title}](#${anchor})`).join(", ")}.`;
  const property = follow(schema, schema).properties?.[key];
  const type = declared.type === "object" ? "map" : property ? typeOf(follow(property, schema), schema) : "text";
  return [code(`terrarium:${key}`), type, key === "tier" ? REQUIRED : (fallback ?? "none"), text + more];
}

/** A value as YAML writes it in one line. */
function value(of: unknown): string {
  if (Array.isArray(of)) return of.length === 0 ? "none" : code(`[${of.map(plain).join(", ")}]`);
  if (typeof of === "object" && of !== null) {
    const entries = Object.entries(of).map(([key, each]) => `${key}: ${plain(each)}`);
    return entries.length === 0 ? "none" : code(`{ ${entries.join(", ")} }`);
  }
  return code(plain(of));
}

/** YAML reads some texts as something else unless they are quoted. */
function plain(scalar: unknown): string {
  return typeof scalar === "string" && !/^[-\d.]+$|^[^\w/]|^(true|false|null)$/.test(scalar)
    ? scalar
    : JSON.stringify(scalar);
}

const REQUIRED = "**required**";

const HEAD = `# Configuration reference

Generated from the schema by \`npm run docs\`; \`make test\` fails when it is out of date. The
[guide](../guides/configuration.md) explains how the keys work together.

A stack's configuration is checked completely before anything is touched. An unknown key, a dangling name or a wrong value is
an error that names the path, the value and what is allowed. Nothing but an image is needed to describe a service:

\`\`\`yaml
# Pulumi.demo.yaml
config:
  terrarium:tier: dev
  terrarium:services:
    hello:
      image: ghcr.io/acme/hello:1.0.0
\`\`\``;

const VALUES = `<a id="quantities"></a>

## Quantities

Kubernetes quantities: ${QUANTITY_EXAMPLES.cpu}; ${QUANTITY_EXAMPLES.bytes}.
A request above its limit is an error that names both. A request you set raises a default limit below it, and a limit you set
lowers a default request above it.

<a id="names"></a>

## Names

Names of environments, services, data stores and migrations: lower-case letters, digits and \`-\`, starting with a letter and
ending with a letter or digit. One name is used once in an environment. Terrarium keeps these for itself:
${RESERVED_NAMES.map(code).join(", ")}.
`;
