/** What happened in a run, with times. */
export class Story {
  readonly #startedAt = performance.now();
  readonly #say: (line: string) => void;
  readonly #events: { readonly at: string; readonly what: string }[] = [];

  /** @param say takes each event as it happens. */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Seconds since the run began. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Rows of a table: when, and what. */
  get rows(): string[][] {
    return this.#events.map(({ at, what }) => [at, what]);
  }

  /** Takes down that something happened now. */
  tell(what: string): void {
    const { seconds } = this;
    const at = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
    this.#events.push({ at, what });
    this.#say(`${at} ${what}`);
  }
}
