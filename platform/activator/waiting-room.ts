import type { Clock } from "../clock.ts";
import { readinessOf, type Readiness } from "./readiness.ts";
import type { PreviewEnvironment } from "../../spec/index.ts";

/** How a wait ended: the environment is up, or why it did not get there. */
export type Arrival = Exclude<Readiness, "coming"> | "late" | "full" | "left";

/** Arguments of {@link WaitingRoom}. */
export interface WaitingRoomArgs {
  /** The environment as it is now. */
  readonly get: (name: string) => PreviewEnvironment | undefined;
  readonly clock: Clock;
  /** Most that wait for one environment. */
  readonly places: number;
}

/** Most that wait at a time, for whichever environment. */
const MOST = 1_000;

/** Where requests wait until their environment is up: for a limited time, and not more than there are places for. */
export class WaitingRoom {
  readonly #args: WaitingRoomArgs;
  readonly #waiting = new Map<string, Set<() => void>>();
  #count = 0;

  constructor(args: WaitingRoomArgs) {
    this.#args = args;
  }

  /** How many wait. */
  get count(): number {
    return this.#count;
  }

  /** Says that an environment has changed. */
  changed(name: string): void {
    for (const look of [...(this.#waiting.get(name) ?? [])]) look();
  }

  /**
   * Waits until an environment is up.
   *
   * @param signal aborts when nobody waits any more.
   */
  async until(name: string, patienceMs: number, signal: AbortSignal): Promise<Arrival> {
    const now = this.#state(name);
    if (now !== "coming") return now;
    const others = this.#waiting.get(name) ?? new Set();
    if (others.size >= this.#args.places || this.#count >= MOST) return "full";
    this.#waiting.set(name, others);
    this.#count += 1;
    const { promise, resolve } = withResolver<Arrival>();
    const look = (): void => {
      const state = this.#state(name);
      if (state !== "coming") resolve(state);
    };
    const leave = (): void => resolve("left");
    others.add(look);
    const takeBack = this.#args.clock.after(patienceMs, () => resolve("late"));
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    const arrival = await promise;
    signal.removeEventListener("abort", leave);
    takeBack();
    others.delete(look);
    this.#count -= 1;
    if (others.size === 0) this.#waiting.delete(name);
    return arrival;
  }

  #state(name: string): Readiness {
    const environment = this.#args.get(name);
    return environment === undefined ? "leaving" : readinessOf(environment);
  }
}

function withResolver<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
