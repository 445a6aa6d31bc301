import type { Clock } from "./clock.ts";
import { DueTimes } from "./due-times.ts";

/** Arguments of {@link WorkQueue}. */
export interface WorkQueueArgs {
  readonly clock: Clock;
  /** Does the work of one key; a failure is tried again after a while. */
  readonly work: (key: string) => Promise<void>;
  /** Told of each failure and of the milliseconds until the next try. */
  readonly failed: (key: string, error: unknown, retryInMs: number) => void;
  /** Keys that are worked on at the same time. @default 8 */
  readonly workers?: number;
  /** Pause after a first failure in milliseconds; it doubles with each further one. @default 500 */
  readonly firstRetryMs?: number;
  /** Longest pause after a failure in milliseconds. @default 30000 */
  readonly longestRetryMs?: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Works on keys: each key at most once at a time, however often it was added meanwhile, and no more than a few keys at the
 * same time, in the order in which they were added. One timer serves all keys that wait.
 */
export class WorkQueue {
  readonly #args: Required<WorkQueueArgs>;
  /** In order of insertion. */
  readonly #ready = new Set<string>();
  readonly #active = new Map<string, Promise<void>>();
  /** Active keys that were added again meanwhile. */
  readonly #again = new Set<string>();
  readonly #due = new DueTimes();
  readonly #failures = new Map<string, number>();
  #timer: { readonly at: number; readonly takeBack: () => void } | undefined;
  #stopped = false;

  constructor(args: WorkQueueArgs) {
    this.#args = { workers: 8, firstRetryMs: 500, longestRetryMs: 30_000, random: Math.random, ...args };
  }

  /** Keys that wait for a worker. */
  get length(): number {
    return this.#ready.size + this.#again.size;
  }

  /** Asks for a key to be worked on soon. */
  add(key: string): void {
    if (this.#stopped) return;
    if (this.#active.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#next();
  }

  /** Asks for a key to be worked on after a while. An earlier moment that was asked for before stays. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    this.#due.add(key, this.#args.clock.now().getTime() + ms);
    this.#setTimer();
  }

  /** Forgets what is known of a key that is not there any more. */
  forget(key: string): void {
    this.#due.delete(key);
    this.#failures.delete(key);
  }

  /** Settles when nothing is being worked on and nothing waits for a worker. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active.values());
  }

  /** Takes no more work. @returns when what is being worked on has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.takeBack();
    this.#ready.clear();
    this.#again.clear();
    await this.idle();
  }

  #next(): void {
    for (const key of this.#ready) {
      if (this.#stopped || this.#active.size >= this.#args.workers) return;
      this.#ready.delete(key);
      // Later in this turn: work that adds its own key must find it active.
      this.#active.set(
        key,
        Promise.resolve().then(() => this.#run(key)),
      );
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#args.work(key);
      this.#failures.delete(key);
    } catch (error) {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      const retryInMs = this.#retryInMs(failures);
      this.#args.failed(key, error, retryInMs);
      this.addAfter(key, retryInMs);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) this.#ready.add(key);
    this.#next();
  }

  /** Between a half and the whole of the doubled pause, so that keys that failed together do not come back together. */
  #retryInMs(failures: number): number {
    const { firstRetryMs, longestRetryMs, random } = this.#args;
    return Math.min(firstRetryMs * 2 ** Math.min(failures, 30), longestRetryMs) * (0.5 + random() / 2);
  }

  #setTimer(): void {
    const at = this.#due.next();
    if (at === undefined || this.#stopped || (this.#timer && this.#timer.at <= at)) return;
    this.#timer?.takeBack();
    const { clock } = this.#args;
    const takeBack = clock.after(at - clock.now().getTime(), () => {
      this.#timer = undefined;
      const now = clock.now().getTime();
      for (let key = this.#due.take(now); key !== undefined; key = this.#due.take(now)) this.add(key);
      this.#setTimer();
    });
    this.#timer = { at, takeBack };
  }
}
