import assert from "node:assert/strict";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { decide, type Decision, type Situation } from "../../../../platform/domain/decide.ts";
import type { Outcome } from "../../../../platform/domain/operation.ts";
import type { PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { after, environment, failure, NOW, request, situation } from "./situations.ts";

/** Decides for an environment that was deleted, some seconds later. */
function deleted(
  status: PreviewEnvironmentStatus,
  differing: Partial<Situation> & { readonly seconds?: number; readonly finalizers?: readonly string[] } = {},
): Decision {
  const { seconds = 0, finalizers, ...rest } = differing;
  const metadata = { generation: 2, deletionTimestamp: NOW.toISOString(), ...(finalizers ? { finalizers } : {}) };
  return decide(situation({ environment: environment({ metadata, status }), now: after(seconds), ...rest }));
}

const destroying = { request: request("destroy"), startedAt: NOW, cancelling: false, latest: { progress: "verify" } };
const applying = { ...destroying, request: request("apply"), fingerprint: "f", latest: {} };
const ended = (outcome: Outcome, kind: "apply" | "destroy" = "destroy") => ({
  request: request(kind),
  outcome,
  at: NOW,
});

const created = decide(situation());
const begun = deleted(created.status);

describe("A deletion", () => {
  it("destroys what there is, and forgets what failed before", () => {
    const { status, actions } = deleted({
      ...created.status,
      failed: "f",
      attempts: 3,
      retryAt: after(99).toISOString(),
    });
    assert.equal(status.phase, "Terminating");
    assert.deepEqual([status.failed, status.attempts, status.retryAt], [undefined, undefined, undefined]);
    assert.equal(conditionOf(status, "Ready")?.reason, "Terminating");
    const [action] = actions;
    assert.ok(action?.do === "start");
    assert.deepEqual(action.request, {
      id: status.operation?.id,
      kind: "destroy",
      stack: "preview-shop-1",
      namespace: "preview-shop-1",
    });
  });

  it("wins over an update that runs: it is cancelled once, then destroyed", () => {
    const first = deleted(created.status, { running: applying });
    assert.deepEqual(first.actions, [{ do: "cancel", why: "the environment is being deleted" }]);
    assert.equal(first.status.phase, "Terminating");
    assert.deepEqual(deleted(first.status, { running: { ...applying, cancelling: true } }).actions, []);
    for (const outcome of [failure("Cancelled", "transient"), { ok: true } as const]) {
      const then = deleted(first.status, { ended: ended(outcome, "apply") });
      assert.deepEqual([then.actions[0]?.do, then.status.phase], ["start", "Terminating"]);
    }
  });

  it("lets a destroy run", () => {
    const { status, actions, requeueAfterMs } = deleted(begun.status, { running: destroying });
    assert.deepEqual([status.operation?.progress, actions, requeueAfterMs], ["verify", [], 5_000]);
  });

  it("waits for room in the runner", () => {
    const { actions, status, requeueAfterMs } = deleted(created.status, { mayStart: false });
    assert.deepEqual([actions, status.phase, requeueAfterMs], [[], "Terminating", 5_000]);
  });

  it("removes the finalizer only with the proof that everything is gone", () => {
    assert.deepEqual(deleted(begun.status, { ended: ended({ ok: true }) }).actions, [{ do: "remove-finalizer" }]);
  });

  it("destroys again where the proof was lost", () => {
    assert.equal(deleted(begun.status).actions[0]?.do, "start");
    const proven = deleted(begun.status, { ended: ended({ ok: true }) });
    assert.equal(deleted(proven.status).actions[0]?.do, "start");
  });

  it("says what holds it, and tries for ever after longer and longer times", () => {
    const outcome = failure("NamespaceHeld", "terminal", "Namespace preview-shop-1 waits for Pod/web.");
    const blocked = deleted(begun.status, { ended: ended(outcome) });
    assert.deepEqual([blocked.status.phase, blocked.status.attempts], ["DeleteBlocked", 1]);
    const condition = conditionOf(blocked.status, "DeleteBlocked");
    assert.deepEqual([condition?.status, condition?.reason], ["True", "NamespaceHeld"]);
    assert.match(condition?.message ?? "", /waits for Pod\/web\.\nIt is tried again at/);
    assert.deepEqual([blocked.actions, blocked.requeueAfterMs], [[], 10_000]);
    assert.deepEqual(deleted(blocked.status, { seconds: 9 }).actions, []);
    const again = deleted(blocked.status, { seconds: 10 });
    assert.deepEqual([again.actions[0]?.do, again.status.phase], ["start", "DeleteBlocked"]);
    const still = deleted(again.status, { ended: ended(outcome), seconds: 10 });
    assert.equal(still.requeueAfterMs, 20_000);
    const gone = deleted(again.status, { ended: ended({ ok: true }) });
    assert.equal(conditionOf(gone.status, "DeleteBlocked"), undefined);
  });

  it("tries a destroy that was cancelled again soon, without a failure", () => {
    const cancelled = deleted(begun.status, { ended: ended(failure("Cancelled", "terminal")) });
    assert.deepEqual([cancelled.status.phase, cancelled.status.attempts], ["Terminating", undefined]);
    assert.deepEqual([cancelled.actions, cancelled.requeueAfterMs], [[], 5_000]);
  });

  it("ends at once where nothing was ever started", () => {
    const admission = { admitted: false, position: 1, reason: "GlobalCap" } as const;
    const queued = decide(situation({ admission }));
    const { actions, status } = deleted(queued.status, { admission });
    assert.deepEqual([actions, status.position], [[{ do: "remove-finalizer" }], undefined]);
    assert.equal(deleted({}).actions[0]?.do, "start");
    assert.equal(deleted(queued.status, { running: applying }).actions[0]?.do, "cancel");
    assert.equal(deleted(queued.status, { ended: ended({ ok: true }, "apply") }).actions[0]?.do, "start");
  });

  it("starts nothing once the finalizer is gone, and ends what still runs", () => {
    const gone = { finalizers: ["somebody.example.com/else"] };
    assert.deepEqual(
      [deleted(begun.status, gone).actions, deleted(begun.status, gone).requeueAfterMs],
      [[], undefined],
    );
    const still = deleted(begun.status, { ...gone, running: applying });
    assert.deepEqual([still.actions[0]?.do, still.requeueAfterMs], ["cancel", 5_000]);
    assert.deepEqual(deleted(begun.status, { ...gone, running: { ...applying, cancelling: true } }).actions, []);
  });

  it("is not taken for a failure of an environment that was made anew under the same name", () => {
    const anew = decide(situation({ ended: ended(failure("NamespaceHeld", "waiting")) }));
    assert.deepEqual([anew.actions[0]?.do, conditionOf(anew.status, "DeleteBlocked")], ["start", undefined]);
    const during = decide(situation({ running: destroying }));
    assert.deepEqual([during.actions, during.status.phase], [[], "Provisioning"]);
  });
});
