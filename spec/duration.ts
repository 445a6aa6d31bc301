import { z } from "zod";

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What people write of a time span: a whole number of minutes, hours or days. */
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,3}(m|h|d)$/, { error: 'a time span such as "30m", "72h" or "7d"' });

/** Reads a time span that {@link duration} accepts, or one in seconds ("30s"). @returns milliseconds. */
export function toMilliseconds(span: string): number {
  return parseInt(span, 10) * UNITS_MS[span.slice(-1) as keyof typeof UNITS_MS];
}
