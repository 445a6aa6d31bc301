import { setTimeout as delay } from "node:timers/promises";

/** Asks again until there is an answer that is not undefined. @throws with the last error when it takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs = 60_000, everyMs = 200 } = {},
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
      throw new Error(`${what}: not within ${timeoutMs / 1000} s`, last === undefined ? undefined : { cause: last });
    }
    await delay(everyMs);
  }
}
