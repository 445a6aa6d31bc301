import type { Clock } from "../clock.ts";

/** Callers that are remembered at a time. */
const MOST = 10_000;

/** How often each may ask: as many times in a row as in a minute, then as they come back one by one. */
export class Allowances {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #left = new Map<string, { readonly left: number; readonly at: number }>();

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes one. @returns seconds until there is one again; 0 where it was taken. */
  take(who: string): number {
    const wait = this.wait(who);
    if (wait > 0) return wait;
    const left = this.#of(who) - 1;
    this.#left.delete(who);
    this.#left.set(who, { left, at: this.#clock.now().getTime() });
    for (const oldest of this.#left.keys()) {
      if (this.#left.size <= MOST) break;
      this.#left.delete(oldest);
    }
    return 0;
  }

  /** Whole seconds until there is one. */
  wait(who: string): number {
    return Math.ceil(((1 - Math.min(this.#of(who), 1)) * 60) / this.#perMinute);
  }

  #of(who: string): number {
    const perMinute = this.#perMinute;
    const known = this.#left.get(who);
    if (known === undefined) return perMinute;
    return Math.min(perMinute, known.left + ((this.#clock.now().getTime() - known.at) * perMinute) / 60_000);
  }
}
