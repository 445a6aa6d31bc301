/** Shortest value that is hidden: shorter ones stand for themselves in too many places. */
const MIN_LENGTH = 6;

/** The password in an address, as it stands there and, where that differs, as it is; none where it has none. */
export function passwordsIn(address: string): string[] {
  const { password } = URL.canParse(address) ? new URL(address) : { password: "" };
  return [...new Set([password, decoded(password)])].filter((each) => each !== "");
}

/** A percent sign that begins no escape is one to Pulumi's errors, too. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Values that no event may show. */
export class SecretValues {
  #known: string[] = [];

  /** Takes a value, also as it stands in a Secret's data and in an address. */
  add(value: string): void {
    if (value.length < MIN_LENGTH) return;
    const forms = [value, Buffer.from(value).toString("base64"), encodeURIComponent(value)];
    // The longest first: a password may be a part of an address that holds it.
    this.#known = [...new Set([...this.#known, ...forms])].sort((a, b) => b.length - a.length);
  }

  /** The text with every value replaced by "[secret]". */
  hide(text: string): string {
    return this.#known.reduce((hidden, value) => hidden.replaceAll(value, "[secret]"), text);
  }
}
