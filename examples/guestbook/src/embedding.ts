import { createHash } from "node:crypto";

/** Number of dimensions; the column `entries.embedding` has as many. */
export const DIMENSIONS = 64;
const GRAM = 3;

/**
 * A deterministic embedding without a model: each group of three characters adds to or takes from one of 64
 * dimensions, which its hash chooses. Texts that share words are near each other.
 *
 * @returns a vector of length one.
 */
export function embed(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const gram of grams(text)) {
    const [index = 0, sign = 0] = createHash("sha256").update(gram).digest();
    const dimension = index % DIMENSIONS;
    vector[dimension] = (vector[dimension] ?? 0) + (sign % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  // Opposite signs may cancel out; a vector of zeros has no cosine.
  if (length === 0) return vector.map((_, dimension) => (dimension === 0 ? 1 : 0));
  return vector.map((value) => value / length);
}

/** A vector as pgvector reads it. */
export function toVector(values: readonly number[]): string {
  return `[${values.join(",")}]`;
}

function grams(text: string): string[] {
  const words = text
    .normalize("NFKC")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return words.flatMap((word) => {
    const characters = [...` ${word} `];
    return Array.from({ length: Math.max(1, characters.length - GRAM + 1) }, (_, start) =>
      characters.slice(start, start + GRAM).join(""),
    );
  });
}
