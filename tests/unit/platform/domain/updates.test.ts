import assert from "node:assert/strict";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import type { Outcome } from "../../../../platform/domain/operation.ts";
import { OTHER, DIFF, STEPS, started, FINGERPRINT, running, next, ended, message } from "./first-update.ts";
import { after, commit, failure, REPOSITORY, settings } from "./situations.ts";

describe("An update of what is no longer wanted", () => {
  it("is let finish for a while, and makes nothing Ready", () => {
    const outdated = next(started.status, { running, parts: OTHER, seconds: 59 });
    assert.deepEqual([outdated.actions, outdated.status.phase], [[], "Provisioning"]);
    assert.equal(outdated.requeueAfterMs, 5_000);
    assert.match(message(outdated), /commit 000000000000 as soon as the operation that runs has ended/);
  });

  it("is cancelled once when it goes on for long", () => {
    const long = next(started.status, { running, parts: OTHER, seconds: 60 });
    assert.deepEqual(long.actions, [{ do: "cancel", why: "something newer is wanted" }]);
    const cancelling = next(long.status, { running: { ...running, cancelling: true }, parts: OTHER, seconds: 61 });
    assert.deepEqual([cancelling.actions, cancelling.requeueAfterMs], [[], 5_000]);
  });

  it("is followed by what is wanted, whether it succeeded or failed", () => {
    for (const outcome of [{ ok: true } as const, failure("UpdateFailed", "terminal")]) {
      const following = next(started.status, { ended: ended(outcome), parts: OTHER });
      assert.deepEqual([following.status.phase, following.actions[0]?.do], ["Provisioning", "start"]);
      assert.notEqual(following.status.operation?.fingerprint, FINGERPRINT);
      assert.deepEqual([following.status.failed, following.status.attempts], [undefined, undefined]);
    }
  });

  it("leaves the commit known that it brought", () => {
    const following = next(started.status, { ended: ended({ ok: true }), parts: OTHER });
    assert.equal(following.status.commit, commit(1));
    assert.equal(following.status.operation?.commit, commit(2));
  });

  it("leaves it known when the answer to the write that told of it was lost", () => {
    for (const parts of [{}, OTHER]) {
      const ending = { ended: ended({ ok: true }), parts, seconds: 5 };
      const again = next(next(started.status, ending).status, ending);
      assert.equal(again.status.commit, commit(1));
    }
  });
});

describe("An update that loads first data", () => {
  const loaded = { reason: "Loaded", message: "It was loaded." } as const;
  const empty = { reason: "NotLoaded", message: "It started empty: no such file." } as const;
  const seeded = (status: typeof started.status, seed?: typeof loaded | typeof empty) =>
    next(status, { ended: ended({ ok: true, ...(seed ? { seed } : {}) }) });
  const said = (decision: ReturnType<typeof seeded>) => {
    const { status, reason, message: text } = conditionOf(decision.status, "Seeded") ?? {};
    return [status, reason, text];
  };

  it("says whether it did, in a condition, and warns where it did not", () => {
    assert.deepEqual(said(seeded(started.status, loaded)), ["True", "Loaded", loaded.message]);
    const failed = seeded(started.status, empty);
    assert.deepEqual(said(failed), ["False", "NotLoaded", empty.message]);
    assert.deepEqual(failed.status.phase, "Ready");
    assert.ok(failed.events.some(({ type, reason }) => type === "Warning" && reason === "NotLoaded"));
    assert.equal(conditionOf(seeded(started.status).status, "Seeded"), undefined);
  });

  it("does not take back what was loaded once", () => {
    const { status } = seeded(started.status, loaded);
    assert.deepEqual(said(seeded({ ...started.status, conditions: status.conditions }, empty)), [
      "True",
      "Loaded",
      loaded.message,
    ]);
    const later = seeded({ ...started.status, conditions: seeded(started.status, empty).status.conditions }, loaded);
    assert.deepEqual(said(later), ["True", "Loaded", loaded.message]);
  });
});

describe("A failed update", () => {
  const terminal = next(started.status, { ended: ended(failure("PolicyViolation", "terminal", "No root.")) });
  const transient = next(started.status, { ended: ended(failure("UpdateFailed", "transient")), random: 0 });

  it("that can't succeed is not tried again by itself", () => {
    assert.equal(terminal.status.phase, "Failed");
    assert.equal(conditionOf(terminal.status, "Ready")?.reason, "PolicyViolation");
    assert.match(message(terminal), /^No root\.\nIt is not tried again before spec or the platform's description/);
    assert.deepEqual([terminal.actions, terminal.requeueAfterMs, terminal.status.attempts], [[], undefined, 1]);
    assert.deepEqual(next(terminal.status, { seconds: 99_999 }).actions, []);
    assert.deepEqual(
      terminal.events.map(({ type, reason }) => [type, reason]),
      [["Warning", "PolicyViolation"]],
    );
  });

  it("is tried again when spec changes, even where the description stays", () => {
    const touched = next(terminal.status, { parts: { metadata: { generation: 2 } } });
    assert.equal(touched.actions[0]?.do, "start");
    assert.equal(touched.status.failed, undefined);
    assert.equal(touched.status.observedGeneration, 2);
  });

  it("is tried again when the platform describes the repository anew", () => {
    const { repositories } = settings();
    const changed = { [REPOSITORY]: { ...repositories[REPOSITORY], images: { "team/shop": "v2-{commit}" } } };
    assert.equal(next(terminal.status, { settings: settings({ repositories: changed }) }).actions[0]?.do, "start");
  });

  it("that may pass is tried again after longer and longer times", () => {
    assert.deepEqual([transient.status.phase, transient.status.attempts], ["Failed", 1]);
    assert.equal(transient.status.retryAt, after(10).toISOString());
    assert.equal(transient.requeueAfterMs, 10_000);
    assert.deepEqual(next(transient.status, { seconds: 9 }).actions, []);
    assert.equal(next(transient.status, { seconds: 9 }).requeueAfterMs, 1_000);
    const second = next(transient.status, { seconds: 10 });
    assert.deepEqual([second.actions[0]?.do, second.status.phase], ["start", "Provisioning"]);
    const failedAgain = next(second.status, { ended: ended(failure("Timeout", "transient")), seconds: 10 });
    assert.deepEqual([failedAgain.status.attempts, failedAgain.status.retryAt], [2, after(30).toISOString()]);
    assert.match(message(failedAgain), /tried again at .*; failed attempts so far: 2\./);
    const succeededAtLast = next(second.status, { ended: ended({ ok: true }) });
    assert.deepEqual([succeededAtLast.status.attempts, succeededAtLast.status.retryAt], [undefined, undefined]);
  });

  it("that waits for something else is tried again soon, and has not failed", () => {
    const locked = next(started.status, { ended: ended(failure("StateLocked", "waiting")) });
    assert.deepEqual([locked.status.phase, locked.requeueAfterMs, locked.status.attempts], ["Provisioning", 5_000, 0]);
    assert.equal(conditionOf(locked.status, "Ready")?.reason, "StateLocked");
    assert.equal(next(locked.status, { seconds: 5 }).actions[0]?.do, "start");
  });

  it("that was cancelled and is wanted all the same starts again soon", () => {
    const cancelled = next(started.status, { ended: ended(failure("Cancelled", "terminal")) });
    assert.deepEqual([cancelled.status.phase, cancelled.requeueAfterMs], ["Provisioning", 5_000]);
  });

  it("leaves what it changed and how far it came", () => {
    const outcome: Outcome = {
      ok: false,
      reason: "UpdateFailed",
      message: "",
      retry: "terminal",
      diff: DIFF,
      steps: STEPS,
    };
    const { status } = next(started.status, { ended: ended(outcome) });
    assert.deepEqual([status.diff, status.steps], [DIFF, STEPS]);
  });
});
