/** What may stand in a template: markup as it is, text escaped, lists one after the other, nothing for nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/** Markup that is safe to be sent. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }

  /** Takes markup as it is. Only for what this program wrote itself, and that holds no text of anybody else's. */
  static trusted(text: string): Html {
    return new Html(text);
  }
}

/**
 * Writes markup; whatever is put into it is escaped, for text between tags and for values in double quotes alike. Values of
 * href and src need {@link linkTarget} as well where they come from elsewhere.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return Html.trusted(
    withoutIndent(parts)
      .map((part, index) => part + markupOf(values[index]))
      .join(""),
  );
}

/** Templates without the indentation that they have in the source, which would be a fifth of a page. */
const written = new WeakMap<TemplateStringsArray, readonly string[]>();

function withoutIndent(parts: TemplateStringsArray): readonly string[] {
  const known = written.get(parts);
  if (known) return known;
  const lean = parts.map((part) => part.replace(/\s*\n\s*/g, "\n"));
  written.set(parts, lean);
  return lean;
}

/** An address that a link may lead to: of a web server. @returns undefined for all others, such as "javascript:". */
export function linkTarget(address: string | undefined): string | undefined {
  const isWeb = address !== undefined && /^https?:\/\//i.test(address) && URL.canParse(address);
  return isWeb ? address : undefined;
}

function markupOf(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(markupOf).join("");
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
