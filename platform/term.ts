import { type Clock, pause } from "./clock.ts";
import type { GarbageCollection } from "./garbage-collection.ts";
import type { Log } from "./log.ts";
import type { Operations } from "./operations.ts";
import type { Reconciler } from "./reconciler.ts";

/** What a leader's term consists of. */
export interface TermArgs {
  readonly reconciler: Reconciler;
  readonly operations: Operations;
  readonly garbage: GarbageCollection;
  readonly clock: Clock;
  readonly log: Log;
  /** How long operations run on when the service is asked to end, in milliseconds. */
  readonly drainMs: () => number;
}

/** Milliseconds for operations to end when the Lease was lost: the rest of its duration, less a second. */
const HAND_OVER_MS = 4_000;

/**
 * Leads until the service is asked to end or the Lease is lost.
 *
 * Either way it starts nothing more, and operations that run on by themselves are left to the next leader. Asked to end, it
 * lets the others finish for a while; what still runs then is cancelled, and its end is written down for whoever leads next.
 * With the Lease lost it may write nothing any more: they are cancelled, and what they leave is found by the next leader.
 */
export async function leadTerm(args: TermArgs, lost: AbortSignal, stop: AbortSignal): Promise<void> {
  const { reconciler, operations, garbage, clock, log, drainMs } = args;
  const over = AbortSignal.any([lost, stop]);
  operations.open();
  reconciler.allChanged();
  const collecting = garbage.run(over);
  await aborted(over);

  operations.close();
  if (!lost.aborted) {
    log.info("draining", { operations: operations.stacks().size });
    await within(clock, drainMs(), operations.idle(), lost);
  }
  if (lost.aborted) {
    await reconciler.stop();
    operations.cancelAll("another replica is about to lead");
    await within(clock, HAND_OVER_MS, operations.idle());
    return;
  }
  operations.cancelAll("the service ends");
  await Promise.race([operations.idle(), aborted(lost)]);
  await collecting;
  await Promise.race([reconciler.idle(), aborted(lost)]);
  await reconciler.stop();
}

/** Waits for something, but not longer than a time, nor than until the signal aborts. Leaves no timer behind. */
async function within(clock: Clock, ms: number, done: Promise<void>, signal?: AbortSignal): Promise<void> {
  const enough = new AbortController();
  void done.then(() => enough.abort());
  await pause(clock, ms, signal ? AbortSignal.any([enough.signal, signal]) : enough.signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
