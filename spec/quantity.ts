/** What a quantity measures; it decides which spellings make sense and how a value is shown. */
export type QuantityKind = "cpu" | "bytes";

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^(\d+(?:\.\d+)?|\.\d+)(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?$/;

/** Examples of allowed spellings, for error messages. */
export const QUANTITY_EXAMPLES: Readonly<Record<QuantityKind, string>> = {
  cpu: 'cores such as "250m", "0.5" or "2"',
  bytes: 'bytes such as "128Mi", "1Gi" or "500M"',
};

/** Bytes that memory and volumes have at least; a number whose unit was forgotten is far below. */
export const LEAST_BYTES = 1e6;

/**
 * Reads a Kubernetes quantity as a number of base units: cores for cpu, bytes for memory and storage.
 *
 * @returns undefined when the text is no positive quantity of that kind: zero, a sign, an unknown suffix, or a suffix
 *   that makes no sense for the kind (milli-bytes, mebi-cores).
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string, kind: QuantityKind): number | undefined {
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  const [, digits = "", exponent = "", suffix = ""] = match;
  if (kind === "bytes" && ["n", "u", "m"].includes(suffix)) return undefined;
  if (kind === "cpu" && suffix.endsWith("i")) return undefined;
  const smallest = kind === "cpu" ? 1e3 : 1;
  const exact = Number(digits + exponent) * (SUFFIXES[suffix] ?? Number.NaN) * smallest;
  const whole = Math.round(exact);
  if (!Number.isFinite(exact) || whole <= 0) return undefined;
  // Decimal fractions have no exact binary form: what is left of a whole number by rounding alone is a whole number.
  const tolerance = Math.max(1e-6, exact * 4 * Number.EPSILON);
  return Math.abs(exact - whole) <= tolerance ? whole / smallest : undefined;
}

/**
 * The spellings of a quantity whose pattern alone proves that they have a meaning: cores in at most three decimals or
 * whole millicores, and whole bytes, {@link LEAST_BYTES} or more. For places where nothing but a pattern can be checked.
 */
export const PLAIN_QUANTITIES: Readonly<Record<QuantityKind, RegExp>> = {
  cpu: /^([1-9][0-9]{0,5}m|[1-9][0-9]{0,2}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$/,
  bytes: /^([1-9][0-9]{6,14}|[1-9][0-9]{3,8}(k|Ki)|[1-9][0-9]{0,8}(M|Mi)|[1-9][0-9]{0,5}(G|Gi|T|Ti))$/,
};

/**
 * Compares two quantities of one kind: negative when `a` is smaller, 0 when equal, positive when larger.
 *
 * @throws RangeError when either is no quantity of that kind.
 */
export function compareQuantities(a: string, b: string, kind: QuantityKind): number {
  const [left, right] = [parseQuantity(a, kind), parseQuantity(b, kind)];
  if (left === undefined) throw new RangeError(`"${a}" is no ${kind} quantity`);
  if (right === undefined) throw new RangeError(`"${b}" is no ${kind} quantity`);
  return left - right;
}

/**
 * Writes bytes in the largest binary unit that divides them evenly: 536870912 becomes "512Mi".
 *
 * @param bytes a whole number of bytes, at least 1.
 */
export function formatBytes(bytes: number): string {
  for (const unit of ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"]) {
    const size = SUFFIXES[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
