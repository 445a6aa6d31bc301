import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../../netcheck/clock.ts";

/** A clock that jumps over every pause. */
export function quickClock(onPause: (ms: number) => void = () => undefined): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      onPause(ms);
      await nextTurn();
    },
  };
}
