import { findSessions } from "./sessions.ts";

/** Milliseconds between two looks. */
const EVERY_MS = 1_000;

/** One operation that is watched. */
interface Watched {
  readonly limitBytes: number;
  readonly exceeded: (residentBytes: number) => void;
  peakBytes: number;
}

/**
 * Looks once a second how much memory the operations take, each with all of its processes: resident memory, in which what two
 * processes share counts twice. What takes more than its limit between two looks is not seen; where that is not enough, Jobs
 * have the kernel's limits.
 */
export class MemoryWatch {
  readonly #watched = new Map<number, Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** Watches the session that a process leads. @param exceeded is called once. */
  add(leader: number, limitBytes: number, exceeded: (residentBytes: number) => void): void {
    this.#watched.set(leader, { limitBytes, exceeded, peakBytes: 0 });
    this.#timer ??= setInterval(() => void this.#look(), EVERY_MS).unref();
  }

  /** Watches it no longer. @returns the most that was seen, in bytes. */
  remove(leader: number): number {
    const peak = this.#watched.get(leader)?.peakBytes ?? 0;
    this.#watched.delete(leader);
    if (this.#watched.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return peak;
  }

  async #look(): Promise<void> {
    for (const [leader, { residentBytes }] of await findSessions([...this.#watched.keys()])) {
      const watched = this.#watched.get(leader);
      if (watched === undefined) continue;
      watched.peakBytes = Math.max(watched.peakBytes, residentBytes);
      if (residentBytes > watched.limitBytes) watched.exceeded(residentBytes);
    }
  }
}
