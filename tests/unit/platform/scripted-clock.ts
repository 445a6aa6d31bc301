import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../../platform/clock.ts";

/** A clock that stands still until a test moves it. */
export class ScriptedClock implements Clock {
  #nowMs = Date.parse("2026-01-01T00:00:00Z");
  #timers: { readonly at: number; readonly call: () => void }[] = [];

  now(): Date {
    return new Date(this.#nowMs);
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#nowMs + Math.max(ms, 0), call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Moves the time on; what is due meanwhile is called in its order, and what follows from it is done. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#nowMs = next.at;
      next.call();
      await settle();
    }
    this.#nowMs = until;
    await settle();
  }
}

/** Lets everything that waits for nothing but other promises be done. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await nextTurn();
}
