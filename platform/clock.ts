/** Time, which tests put another in the place of. */
export interface Clock {
  now(): Date;
  /** Calls once, `ms` milliseconds from now. @returns what takes it back. */
  after(ms: number, call: () => void): () => void;
}

/** Longest delay of one timer in milliseconds: it counts in 32 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Real time. */
export const systemClock: Clock = {
  now: () => new Date(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Waits by a clock. Ends early, without an error, when the signal aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      takeBack();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const takeBack = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
