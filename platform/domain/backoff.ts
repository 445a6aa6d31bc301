import type { RetrySettings } from "./settings.ts";

/**
 * How long to wait after failures in a row, in milliseconds: twice as long after each, up to the maximum, less up to a
 * half of it by chance.
 *
 * @param attempts failed attempts, from 1.
 * @param random from 0 to below 1.
 */
export function backoffMs(attempts: number, { firstMs, maxMs }: RetrySettings, random: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** (attempts - 1));
  return Math.ceil(full * (1 - random / 2));
}
