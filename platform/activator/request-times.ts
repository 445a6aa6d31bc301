import type { PreviewEnvironment } from "../../spec/index.ts";
import { type Clock } from "../clock.ts";
import { type Log, reasonOf } from "../log.ts";
import { asleepSince } from "./readiness.ts";

/** Arguments of {@link RequestTimes}. */
export interface RequestTimesArgs {
  /** The environment as it is now. */
  readonly get: (name: string) => PreviewEnvironment | undefined;
  /** Writes when a request last came. */
  readonly write: (name: string, at: Date) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds in which requests for one environment that is awake are written once. */
const EVERY_MS = 30_000;
/** Milliseconds until a write that failed is tried again, and how often. */
const [AGAIN_MS, TRIES] = [1_000, 5];

/**
 * Writes when requests come: for an environment that is awake now and then, for one that sleeps at once, since that wakes it. However
 * many come at a time, one write does.
 */
export class RequestTimes {
  readonly #args: RequestTimesArgs;
  /** What was written and may not be seen in the objects yet, in milliseconds since 1970. */
  readonly #written = new Map<string, number>();
  readonly #writing = new Set<string>();

  constructor(args: RequestTimesArgs) {
    this.#args = args;
  }

  /** Says that a request came. */
  note(environment: PreviewEnvironment): void {
    const { name } = environment.metadata;
    const now = this.#args.clock.now().getTime();
    const known = Math.max(Date.parse(environment.status?.lastRequestAt ?? "") || 0, this.#written.get(name) ?? 0);
    const since = asleepSince(environment);
    const isDue = since === undefined ? now - known >= EVERY_MS : known <= since;
    if (!isDue || this.#writing.has(name)) return;
    this.#writing.add(name);
    // By another machine's clock it may have fallen asleep later than now.
    void this.#write(name, since === undefined ? now : Math.max(now, since + 1));
  }

  /** Forgets an environment that is gone. */
  forget(name: string): void {
    this.#written.delete(name);
  }

  async #write(name: string, at: number, tries = TRIES): Promise<void> {
    const { write, clock, log, get } = this.#args;
    try {
      await write(name, new Date(at));
      this.#written.set(name, at);
    } catch (error) {
      log.warn("a request's time could not be written", { environment: name, reason: reasonOf(error) });
      if (tries > 1 && get(name) !== undefined) {
        clock.after(AGAIN_MS, () => void this.#write(name, at, tries - 1));
        return;
      }
    }
    this.#writing.delete(name);
  }
}
