import { setTimeout as delay } from "node:timers/promises";

/** Time, which tests put another in the place of. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** Real time. */
export const realClock: Clock = { now: () => performance.now(), sleep: (ms) => delay(ms) };
