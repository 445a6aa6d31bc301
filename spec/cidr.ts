/** Fewest bits of a prefix: shorter ones are most of the internet. */
const SHORTEST_PREFIX = 8;

const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/**
 * Whether a text is an IPv4 network with a prefix of 8 to 32 bits and no bit set beyond it, e.g. "10.20.0.0/16".
 *
 * @see https://www.rfc-editor.org/rfc/rfc4632
 */
export function isNetwork(text: string): boolean {
  const numbers = CIDR.exec(text)?.slice(1) ?? [];
  const [first = 256, second = 256, third = 256, fourth = 256, prefix = 0] = numbers.map(Number);
  if (numbers.some((number) => number !== String(Number(number)))) return false;
  if ([first, second, third, fourth].some((octet) => octet > 255)) return false;
  if (prefix < SHORTEST_PREFIX || prefix > 32) return false;
  const address = ((first * 256 + second) * 256 + third) * 256 + fourth;
  return address % 2 ** (32 - prefix) === 0;
}
