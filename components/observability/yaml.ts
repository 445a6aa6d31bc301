/** What a configuration file is made of. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

/**
 * Writes a configuration file as YAML in block style; keys without a value are left out. Scalars are written as JSON,
 * which YAML reads unchanged, so nothing depends on YAML's own quoting rules. A YAML library would do the same and cost
 * every start of the program 40 ms.
 */
export function toYaml(value: Yaml): string {
  return `${block(value, "")}\n`;
}

function block(value: Yaml, indent: string): string {
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = isList(value)
    ? value.map((item) => `${indent}- ${block(item, `${indent}  `).trimStart()}`)
    : Object.entries(value).flatMap(([key, item]) =>
        item === undefined ? [] : [`${indent}${toKey(key)}:${nested(item, indent)}`],
      );
  if (entries.length === 0) return isList(value) ? "[]" : "{}";
  return entries.join("\n");
}

function nested(value: Yaml, indent: string): string {
  const text = block(value, `${indent}  `);
  return typeof value === "object" && text !== "[]" && text !== "{}" ? `\n${text}` : ` ${text}`;
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

/** Words that YAML 1.1 reads as booleans or null, beside the numbers that {@link toKey} quotes anyway. */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null)$/i;

function toKey(key: string): string {
  return /^[A-Za-z_][\w./-]*$/.test(key) && !RESERVED.test(key) ? key : JSON.stringify(key);
}
