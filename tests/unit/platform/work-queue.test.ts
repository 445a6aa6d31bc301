import assert from "node:assert/strict";
import * as fc from "fast-check";
import { DueTimes } from "../../../platform/due-times.ts";
import { WorkQueue } from "../../../platform/work-queue.ts";
import { ScriptedClock, settle } from "./scripted-clock.ts";

describe("the work queue", () => {
  it("works on a key once for all the times that it was added while it waited", async () => {
    const { queue, worked } = startQueue({ workers: 1 });
    for (const key of ["first", "a", "b", "b", "a", "b"]) queue.add(key);
    await settle();
    assert.deepEqual(worked, ["first", "a", "b"]);
  });

  it("works on a key again when it was added while it was being worked on, and never twice at a time", async () => {
    const { queue, worked, gate, most } = startQueue({ workers: 4, gated: true });
    queue.add("a");
    await settle();
    queue.add("a");
    queue.add("a");
    await settle();
    assert.deepEqual(worked, ["a"]);
    assert.equal(queue.length, 1);
    gate.open();
    await settle();
    assert.deepEqual(worked, ["a", "a"]);
    assert.equal(most(), 1);
  });

  it("works on a key again when its own work adds it", async () => {
    let runs = 0;
    const queue: WorkQueue = new WorkQueue({
      clock: new ScriptedClock(),
      work: (key) => {
        if (runs++ === 0) queue.add(key);
        return Promise.resolve();
      },
      failed: assert.fail,
    });
    queue.add("a");
    await settle();
    assert.equal(runs, 2);
  });

  it("works on no more keys at a time than it has workers", async () => {
    const { queue, worked, gate, most } = startQueue({ workers: 2, gated: true });
    for (const key of ["a", "b", "c"]) queue.add(key);
    await settle();
    assert.deepEqual(worked, ["a", "b"]);
    gate.open();
    await settle();
    assert.deepEqual(worked, ["a", "b", "c"]);
    assert.equal(most(), 2);
  });

  it("comes back to a key at the earliest moment that was asked for, with one timer for all", async () => {
    const { queue, worked, clock } = startQueue({});
    queue.addAfter("a", 5_000);
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 3_000);
    queue.addAfter("b", 2_000);
    assert.equal(clock.timers, 1);
    await clock.advance(999);
    assert.deepEqual(worked, []);
    await clock.advance(1);
    assert.deepEqual(worked, ["a"]);
    await clock.advance(60_000);
    assert.deepEqual(worked, ["a", "b"]);
    assert.equal(clock.timers, 0);
  });

  it("tries what failed again after pauses that double up to a limit, and begins anew after a success", async () => {
    const clock = new ScriptedClock();
    const pauses: number[] = [];
    let failures = 4;
    const queue = new WorkQueue({
      clock,
      work: () => (failures-- > 0 ? Promise.reject(new Error("broken")) : Promise.resolve()),
      failed: (_, error, retryInMs) => {
        assert.match(String(error), /broken/);
        pauses.push(retryInMs);
      },
      firstRetryMs: 1_000,
      longestRetryMs: 4_000,
      random: () => 1,
    });
    queue.add("a");
    await clock.advance(60_000);
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 4_000]);
    failures = 1;
    queue.add("a");
    await clock.advance(1);
    assert.equal(pauses.at(-1), 1_000);
  });

  it("forgets a key", async () => {
    const { queue, worked, clock } = startQueue({});
    queue.addAfter("a", 1_000);
    queue.forget("a");
    await clock.advance(10_000);
    assert.deepEqual(worked, []);
  });

  it("stops when what is being worked on has ended, and takes nothing more", async () => {
    const { queue, worked, gate, clock } = startQueue({ workers: 1, gated: true });
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 1_000);
    await settle();
    let isStopped = false;
    const stopped = queue.stop().then(() => (isStopped = true));
    await settle();
    assert.equal(isStopped, false);
    gate.open();
    await stopped;
    queue.add("d");
    await clock.advance(10_000);
    assert.deepEqual(worked, ["a"]);
  });
});

describe("due times", () => {
  it("give out every key at its earliest moment, in order", () => {
    const entries = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(50)));
    fc.assert(
      fc.property(entries, (added) => {
        const due = new DueTimes();
        const expected = new Map<string, number>();
        for (const [key, at] of added) {
          due.add(key, at);
          expected.set(key, Math.min(at, expected.get(key) ?? Infinity));
        }
        assert.equal(due.size, expected.size);
        let last = -1;
        for (let at = due.next(); at !== undefined; at = due.next()) {
          assert.ok(at >= last);
          last = at;
          assert.equal(due.take(at - 1), undefined);
          const key = due.take(at);
          assert.ok(key !== undefined);
          assert.equal(expected.get(key), at);
          expected.delete(key);
        }
        assert.equal(expected.size, 0);
      }),
    );
  });
});

/** A queue whose work is recorded; with a gate, work ends when that is opened. */
function startQueue({ workers = 8, gated = false }: { workers?: number; gated?: boolean }) {
  const clock = new ScriptedClock();
  const worked: string[] = [];
  let [active, most] = [0, 0];
  let open = (): void => undefined;
  const opened = gated ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve();
  const queue = new WorkQueue({
    clock,
    workers,
    work: async (key) => {
      worked.push(key);
      most = Math.max(most, ++active);
      await opened;
      active--;
    },
    failed: assert.fail,
  });
  return { queue, clock, worked, gate: { open: () => open() }, most: () => most };
}
