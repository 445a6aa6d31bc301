import { stringify } from "yaml";

/**
 * A configuration file in YAML; keys without a value are left out. It reads the same by YAML 1.1, which the servers'
 * parsers follow in part, so that a word like "no" stays a word. Long lines aren't folded: expressions stay searchable.
 */
export function toYaml(content: object): string {
  return stringify(content, { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false });
}
