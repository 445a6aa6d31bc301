import assert from "node:assert/strict";
import { LeaderElection, type LeaseRecord, type LeaseStore } from "../../../platform/leader-election.ts";
import { quietLog } from "./quiet-log.ts";
import { ScriptedClock, settle } from "./scripted-clock.ts";

describe("leader election", () => {
  it("lets one of two replicas lead", async () => {
    const { candidate, clock } = setUp();
    const [first, second] = [candidate("first"), candidate("second")];
    await clock.advance(60_000);
    assert.equal(first.election.leading, true);
    assert.deepEqual([first.terms(), second.terms()], [1, 0]);
    await Promise.all([second.stop(), first.stop()]);
  });

  it("lets a second replica lead within the duration of the Lease when the first has died", async () => {
    const { candidate, clock, lease } = setUp();
    const first = candidate("first");
    await settle();
    const second = candidate("second");
    await clock.advance(30_000);
    first.die();
    await clock.advance(10_000);
    assert.equal(second.election.leading, false, "the first may come back");
    await clock.advance(9_000);
    assert.equal(second.election.leading, true);
    assert.equal(lease.record?.transitions, 1);
    await second.stop();
  });

  it("gives the Lease back when it has finished, so that another leads at once", async () => {
    const { candidate, clock, lease } = setUp();
    const first = candidate("first");
    await settle();
    const second = candidate("second");
    await clock.advance(5_000);
    await first.stop();
    assert.equal(lease.record?.holder, undefined);
    await clock.advance(2_000);
    assert.equal(second.election.leading, true);
    await second.stop();
  });

  it("keeps the Lease while a leader that was asked to end finishes its work", async () => {
    const { candidate, clock } = setUp();
    const first = candidate("first", { busy: true });
    await settle();
    const second = candidate("second");
    const stopped = first.stop();
    await clock.advance(60_000);
    assert.equal(first.election.leading, true);
    assert.equal(second.election.leading, false);
    first.finish();
    await stopped;
    await clock.advance(2_000);
    assert.equal(second.election.leading, true);
    await second.stop();
  });

  it("stops leading before another may, when the Lease can't be renewed", async () => {
    const { candidate, clock, lease } = setUp();
    const first = candidate("first");
    await settle();
    const second = candidate("second");
    await clock.advance(4_500);
    first.cutOff();
    await clock.advance(9_400);
    assert.equal(first.election.leading, true, "it was renewed 10 s ago at most");
    await clock.advance(2_100);
    assert.equal(first.election.leading, false);
    assert.equal(second.election.leading, false, "the Lease has not run out yet");
    await clock.advance(5_000);
    assert.equal(second.election.leading, true);
    assert.ok(lease.mostLeaders <= 1);
    await Promise.all([second.stop(), first.stop()]);
  });

  it("stops leading at once when it sees that another holds the Lease", async () => {
    const { candidate, clock, lease } = setUp();
    const first = candidate("first");
    await settle();
    lease.seize("third", clock);
    await clock.advance(4_000);
    assert.equal(first.election.leading, false);
    await first.stop();
    assert.equal(lease.record?.holder, "third", "what is another's is not given back");
  });

  it("leads again after a term that was lost", async () => {
    const { candidate, clock } = setUp();
    const first = candidate("first");
    await settle();
    first.cutOff();
    await clock.advance(20_000);
    assert.equal(first.election.leading, false);
    first.reconnect();
    await clock.advance(4_000);
    assert.equal(first.election.leading, true);
    assert.equal(first.terms(), 2);
    await first.stop();
  });
});

/** A Lease that is kept in memory, with the checks of an API server. */
class ScriptedLease {
  record: LeaseRecord | undefined;
  mostLeaders = 0;
  #version = 0;

  store(reachable: () => boolean): LeaseStore {
    const answer = <T>(give: () => T): Promise<T> =>
      reachable() ? Promise.resolve().then(give) : Promise.reject(new Error("no answer"));
    return {
      read: () => answer(() => this.record),
      write: (record) =>
        answer(() => {
          if (record.version !== this.record?.version) throw new Error("conflict");
          this.record = { ...record, version: String(++this.#version) };
          return this.record;
        }),
    };
  }

  seize(holder: string, clock: ScriptedClock): void {
    const now = clock.now();
    this.record = {
      holder,
      durationSeconds: 15,
      acquiredAt: now,
      renewedAt: now,
      transitions: 7,
      version: String(++this.#version),
    };
  }
}

function setUp() {
  const clock = new ScriptedClock();
  const lease = new ScriptedLease();
  const elections: LeaderElection[] = [];
  const candidate = (identity: string, { busy = false } = {}) => {
    let [isReachable, isAlive, terms] = [true, true, 0];
    const end = new AbortController();
    const finished = new AbortController();
    const election = new LeaderElection({
      leases: lease.store(() => isReachable && isAlive),
      identity,
      clock,
      log: quietLog(),
    });
    elections.push(election);
    const ran = election.run(async (lost) => {
      terms++;
      lease.mostLeaders = Math.max(lease.mostLeaders, elections.filter(({ leading }) => leading).length);
      const over = AbortSignal.any([lost, busy ? finished.signal : end.signal]);
      await new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    }, end.signal);
    return {
      election,
      terms: () => terms,
      /** Like SIGTERM. */
      stop: () => {
        end.abort();
        return ran;
      },
      /** Ends the work that stopping waits for. */
      finish: () => finished.abort(),
      /** Like SIGKILL, as far as others can tell. */
      die: () => (isAlive = false),
      cutOff: () => (isReachable = false),
      reconnect: () => (isReachable = true),
    };
  };
  return { clock, lease, candidate };
}
