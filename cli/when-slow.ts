import { say, type Surroundings } from "./surroundings.ts";

/** Milliseconds after which people want to know what they wait for. */
const PATIENCE_MS = 2_000;

/**
 * Waits for something, and says for what once that takes longer than people wait without a word.
 *
 * @param patienceMs milliseconds until then. @default 2000
 */
export async function sayWhenSlow<T>(
  surroundings: Surroundings,
  line: string,
  work: Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const timer = setTimeout(() => {
    say(surroundings, line);
  }, patienceMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
