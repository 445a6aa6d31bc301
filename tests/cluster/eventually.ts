import { setTimeout as delay } from "node:timers/promises";

/** Asks again until there is an answer that is not undefined. @throws with the last error when it takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs = 120_000, everyMs = 200 } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      // The runner of parallel tests keeps an error's message, and loses its cause.
      const why = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`${what}: not within ${timeoutMs / 1000} s${why}`, { cause: last });
    }
    await delay(everyMs);
  }
}
