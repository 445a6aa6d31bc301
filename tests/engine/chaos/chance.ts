/** Random choices that can be made again: the same seed and purpose give the same ones. */
export class Chance {
  #state: number;

  /** @param purpose of the choices; those of one purpose do not depend on how many another one takes. */
  constructor(seed: number, purpose: string) {
    this.#state = [...purpose].reduce((state, letter) => Math.imul(state ^ letter.charCodeAt(0), 0x01000193), seed);
  }

  /**
   * A number from 0 to below 1.
   *
   * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c Mulberry32
   */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number between two others. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Whether something of that probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }
}
