import type { Clock } from "../clock.ts";

/** Answers that are remembered at a time. */
const MOST = 5_000;

/** Remembers answers for some seconds; whoever asks while an answer is on its way waits for the same one. */
export class ShortMemory<T> {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #answers = new Map<string, { readonly answer: Promise<T>; readonly at: number }>();

  /** @param keepMs milliseconds from when somebody asked. */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  /** Whether an answer is known, or on its way. */
  has(key: string): boolean {
    const known = this.#answers.get(key);
    return known !== undefined && this.#clock.now().getTime() - known.at < this.#keepMs;
  }

  /** The answer that is known, else a new one. One that fails is not kept. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && this.has(key)) return known.answer;
    const answer = ask();
    this.#answers.delete(key);
    this.#answers.set(key, { answer, at: this.#clock.now().getTime() });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MOST) break;
      this.#answers.delete(oldest);
    }
    answer.catch(() => {
      if (this.#answers.get(key)?.answer === answer) this.#answers.delete(key);
    });
    return answer;
  }
}
