import { Document, Scalar, visit } from "yaml";

/** What some reader of YAML 1.1 or 1.2 takes for a number, a date, a truth value or nothing when it stands unquoted. */
const AMBIGUOUS = /^([-+.]*e?\d|[-+]?\.|~$|(y|n|yes|no|on|off|true|false|null)$)/i;

/**
 * YAML that every tool reads alike: kubectl, kustomize, Flux, Helm and sops do not agree on the version of the language.
 * Lines are not folded, and equal input gives equal bytes.
 */
export function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && AMBIGUOUS.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}
