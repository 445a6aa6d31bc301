import { setTimeout as delay } from "node:timers/promises";

/** When to stop waiting. */
export interface WaitOptions {
  /** Milliseconds after which the condition counts as failed. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks. @default 50 */
  readonly everyMs?: number;
}

/**
 * Looks again and again until the condition holds.
 *
 * @param condition returns undefined when it holds, else what is still missing.
 * @returns undefined, or what was missing when the time was over.
 */
export async function waitUntil(
  condition: () => Promise<string | undefined>,
  options: WaitOptions,
): Promise<string | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const missing = await condition();
    if (missing === undefined || performance.now() >= deadline) return missing;
    await delay(options.everyMs ?? 50);
  }
}
