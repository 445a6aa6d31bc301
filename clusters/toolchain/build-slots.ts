/** Bytes of memory that one build is given: linking the largest plugin takes about that much. */
export const bytesPerBuild = 2.5e9;

/** Runs tasks, at most `limit` at a time, in the order of {@link BuildSlots.run} calls by descending weight. */
export class BuildSlots {
  readonly #limit: number;
  readonly #waiting: { weight: number; go: () => void }[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param weight among waiting tasks, the heaviest runs next. */
  async run<T>(weight: number, task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((go) => {
        this.#waiting.push({ weight, go });
        this.#waiting.sort((left, right) => right.weight - left.weight);
      });
    } else {
      this.#running += 1;
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#running -= 1;
      } else {
        next.go();
      }
    }
  }
}

/** How many builds fit a machine: one per core, as far as memory goes, and never more than four. */
export function buildLimit(cores: number, availableBytes: number): number {
  return Math.max(1, Math.min(cores, Math.floor(availableBytes / bytesPerBuild), 4));
}
