/** Shortest value that is hidden: shorter ones stand for themselves in too many places. */
const MIN_LENGTH = 6;

/** Password in an address; undefined where it has none, and where it is no address. */
export function passwordIn(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { password } = new URL(address);
  return password === "" ? undefined : decodeURIComponent(password);
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
