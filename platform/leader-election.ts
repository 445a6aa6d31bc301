import { type Clock, pause } from "./clock.ts";
import { type Log, reasonOf } from "./log.ts";

/** What a Lease says. */
export interface LeaseRecord {
  /** Who leads; undefined once it was given back. */
  readonly holder?: string;
  /** Seconds after its last renewal at which it counts as left. */
  readonly durationSeconds: number;
  readonly acquiredAt: Date;
  readonly renewedAt: Date;
  /** How often it changed hands. */
  readonly transitions: number;
  /** Changes with each write; undefined before the first. */
  readonly version?: string;
}

/** Where the Lease is kept. */
export interface LeaseStore {
  /** @returns undefined when there is none yet. */
  read(): Promise<LeaseRecord | undefined>;
  /** Writes over the version that the record names. @returns what stands now. @throws when another was faster. */
  write(record: LeaseRecord): Promise<LeaseRecord>;
}

/** Arguments of {@link LeaderElection}. Times as in Kubernetes' own components. */
export interface LeaderElectionArgs {
  readonly leases: LeaseStore;
  /** Name of this replica; no two that ever ran have the same. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds without a renewal after which another replica may lead. @default 15 */
  readonly durationSeconds?: number;
  /** Milliseconds without a successful renewal after which a leader gives up by itself. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** Milliseconds between two tries. @default 2000 */
  readonly retryMs?: number;
}

/** Does the leader's work until its time is over; `lost` aborts when another replica may soon lead. */
export type Lead = (lost: AbortSignal) => Promise<void>;

/**
 * Lets one of several replicas lead. The clocks of two machines are never compared: a candidate counts from the moment at
 * which it saw the Lease change.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
export class LeaderElection {
  readonly #args: Required<LeaderElectionArgs>;
  #seen: LeaseRecord | undefined;
  #seenAtMs = 0;
  #leading = false;

  constructor(args: LeaderElectionArgs) {
    this.#args = { durationSeconds: 15, renewDeadlineMs: 10_000, retryMs: 2_000, ...args };
  }

  /** Whether this replica leads now. */
  get leading(): boolean {
    return this.#leading;
  }

  /**
   * Stands for election, again after each term that was lost, until `stop` aborts. A leader keeps the Lease while `lead`
   * finishes its work, then gives it back.
   */
  async run(lead: Lead, stop: AbortSignal): Promise<void> {
    const { clock, retryMs, log, identity } = this.#args;
    while (!stop.aborted) {
      const triedAtMs = clock.now().getTime();
      if (await this.#tryToHold()) {
        log.info("leading", { identity });
        await this.#term(lead, triedAtMs);
        log.info("not leading any more", { identity });
      }
      await pause(clock, retryMs, stop);
    }
  }

  async #term(lead: Lead, heldSinceMs: number): Promise<void> {
    const lost = new AbortController();
    const ended = new AbortController();
    this.#leading = true;
    const renewing = this.#renew(heldSinceMs, lost, ended.signal);
    try {
      await lead(lost.signal);
    } finally {
      this.#leading = false;
      ended.abort();
      await renewing;
      if (!lost.signal.aborted) await this.#release();
    }
  }

  /** Renews until the term has ended. Counts from before each request: the server may have done what its answer never told. */
  async #renew(heldSinceMs: number, lost: AbortController, ended: AbortSignal): Promise<void> {
    const { clock, retryMs, renewDeadlineMs, log } = this.#args;
    const expire = (): void => {
      if (ended.aborted || lost.signal.aborted) return;
      log.error("the Lease was lost", { seconds: renewDeadlineMs / 1000 });
      this.#leading = false;
      lost.abort();
    };
    let takeBack = clock.after(heldSinceMs + renewDeadlineMs - clock.now().getTime(), expire);
    const over = AbortSignal.any([lost.signal, ended]);
    for (await pause(clock, retryMs, over); !over.aborted; await pause(clock, retryMs, over)) {
      const triedAtMs = clock.now().getTime();
      if (await this.#tryToHold()) {
        takeBack();
        takeBack = clock.after(triedAtMs + renewDeadlineMs - clock.now().getTime(), expire);
      } else if (this.#heldByAnother()) expire();
    }
    takeBack();
  }

  /** @returns whether this replica holds the Lease, as far as an answer came. */
  async #tryToHold(): Promise<boolean> {
    const { leases, log } = this.#args;
    try {
      if (this.#seen?.holder !== this.#args.identity) this.#see(await leases.read());
      if (this.#heldByAnother()) return false;
      this.#see(await leases.write(this.#claim()));
      return true;
    } catch (error) {
      log.debug("the Lease was not renewed", { reason: reasonOf(error) });
      // What stands there is to be read before the next try.
      this.#forgetOwnClaim();
      return false;
    }
  }

  #claim(): LeaseRecord {
    const { identity, durationSeconds, clock } = this.#args;
    const now = clock.now();
    const seen = this.#seen;
    const mine = seen?.holder === identity;
    return {
      holder: identity,
      durationSeconds,
      acquiredAt: mine ? seen.acquiredAt : now,
      renewedAt: now,
      transitions: seen === undefined ? 0 : seen.transitions + (mine ? 0 : 1),
      ...(seen?.version === undefined ? {} : { version: seen.version }),
    };
  }

  async #release(): Promise<void> {
    const { leases, identity, log } = this.#args;
    if (this.#seen?.holder !== identity) return;
    try {
      this.#see(await leases.write({ ...this.#claim(), holder: undefined, durationSeconds: 1 }));
    } catch (error) {
      log.warn("the Lease was not given back; it runs out by itself", { reason: reasonOf(error) });
    }
  }

  #heldByAnother(): boolean {
    const seen = this.#seen;
    if (seen?.holder === undefined || seen.holder === this.#args.identity) return false;
    return this.#seenAtMs + seen.durationSeconds * 1000 > this.#args.clock.now().getTime();
  }

  #see(record: LeaseRecord | undefined): void {
    if (record?.version !== this.#seen?.version) this.#seenAtMs = this.#args.clock.now().getTime();
    this.#seen = record;
  }

  #forgetOwnClaim(): void {
    if (this.#seen?.holder === this.#args.identity) this.#seen = undefined;
  }
}
