/** Pieces of Markdown that the configuration reference is written with. */

/** Inline code. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** A heading with an anchor of its own. */
export function heading(title: string, anchor: string): string {
  return `<a id="${anchor}"></a>\n\n## ${title}`;
}

/** A block of YAML. */
export function fence(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trim()}\n\`\`\``;
}

/** A table; what would break its cells is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text for a table cell: placeholders such as <name> are no HTML outside code. */
function cell(text: string): string {
  const parts = text.replaceAll("|", "\\|").replaceAll("\n", " ").split("`");
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part)).join("`");
}
