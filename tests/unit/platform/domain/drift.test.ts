import assert from "node:assert/strict";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { decide, type Decision, type DriftMode, type Situation } from "../../../../platform/domain/decide.ts";
import type { Outcome } from "../../../../platform/domain/operation.ts";
import type { PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { after, commit, environment, failure, NOW, REPOSITORY, request, settings, situation } from "./situations.ts";

const INTERVAL_MS = 3_600_000;
const started = decide(situation());
const fingerprint = started.status.operation?.fingerprint;

/** Decides for an environment with a status, some seconds later. */
function next(
  mode: DriftMode,
  status: PreviewEnvironmentStatus,
  {
    seconds = 0,
    name,
    own,
    ...differing
  }: Partial<Situation> & { seconds?: number; name?: string; own?: DriftMode } = {},
): Decision {
  return decide(
    situation({
      environment: environment({
        ...(name === undefined ? {} : { name }),
        status,
        spec: {
          source: { repository: REPOSITORY, branch: "main", commit: commit(1) },
          ...(own === undefined ? {} : { drift: own }),
        },
      }),
      settings: settings({ drift: { mode, intervalMs: INTERVAL_MS } }),
      now: after(seconds),
      ...differing,
    }),
  );
}

function ended(kind: "apply" | "detect-drift", outcome: Outcome, refresh = false) {
  return { request: request(kind, { refresh }), outcome, fingerprint, at: NOW };
}

/** Runs and was just looked at. */
const ready: PreviewEnvironmentStatus = {
  ...next("ignore", started.status, { ended: ended("apply", { ok: true }) }).status,
  driftCheckedAt: NOW.toISOString(),
};
const looking = next("report", ready, { seconds: 2 * 3600 });
const drifted = (mode: DriftMode, changes = ["Deployment/web: spec.replicas"]) =>
  next(mode, looking.status, { ended: ended("detect-drift", { ok: true, drift: changes }) });

function inSync({ status }: Decision): string {
  const { status: holds, reason, message } = conditionOf(status, "InSync") ?? {};
  return `${holds} ${reason}: ${message}`;
}

describe("Drift", () => {
  it("is looked for once in an interval, a quarter more or less by name, and the environment stays Ready", () => {
    const waits = Array.from({ length: 50 }, (_, index) => {
      const name = `shop-${index}`;
      const applied = next("ignore", {}, { name }).status.operation?.fingerprint;
      return next("report", { ...ready, applied }, { name }).requeueAfterMs ?? 0;
    });
    assert.ok(Math.min(...waits) >= INTERVAL_MS * 0.75 && Math.max(...waits) < INTERVAL_MS * 1.25);
    assert.ok(Math.max(...waits) - Math.min(...waits) > INTERVAL_MS * 0.3);
    const [action] = looking.actions;
    assert.ok(action?.do === "start");
    assert.equal(action.request.kind, "detect-drift");
    assert.equal(action.request.description?.name, "preview-shop-1");
    assert.equal(looking.status.phase, "Ready");
    const running = { request: action.request, startedAt: NOW, fingerprint, cancelling: false, latest: {} };
    assert.equal(next("report", looking.status, { running }).status.phase, "Ready");
  });

  it("waits for room in the runner", () => {
    const { actions, requeueAfterMs, status } = next("report", ready, { seconds: 7200, mayStart: false });
    assert.deepEqual([actions, requeueAfterMs, status.phase], [[], 5_000, "Ready"]);
  });

  it("is first looked for an interval after the creation", () => {
    const fresh = { ...ready, driftCheckedAt: undefined };
    assert.equal(next("report", fresh, { seconds: 7200 }).actions[0]?.do, "start");
    assert.match(
      inSync(next("report", started.status, { ended: ended("apply", { ok: true }), mayStart: false })),
      /^Unknown NotChecked: .* not looked for yet/,
    );
  });

  it("is not looked for in mode ignore; the environment's own mode counts before the platform's", () => {
    const ignoring = next("ignore", ready, { seconds: 99_999 });
    assert.deepEqual([ignoring.actions, ignoring.requeueAfterMs], [[], undefined]);
    assert.match(inSync(ignoring), /^Unknown NotChecked: .* says ignore/);
    assert.deepEqual(next("report", ready, { seconds: 99_999, own: "ignore" }).actions, []);
    assert.equal(next("ignore", ready, { seconds: 99_999, own: "report" }).actions[0]?.do, "start");
  });

  it("that there is none of is said, with the time of the look", () => {
    const found = next("report", looking.status, { ended: ended("detect-drift", { ok: true }), seconds: 1 });
    assert.match(inSync(found), /^True InSync/);
    assert.equal(found.status.driftCheckedAt, NOW.toISOString());
    assert.equal(found.status.phase, "Ready");
  });

  it("is reported with what has changed and what to do", () => {
    const { status, actions, events } = drifted("report");
    assert.deepEqual([status.phase, actions], ["Ready", []]);
    assert.match(
      inSync({ status, actions, events }),
      /^False Drifted: Changed by hand: Deployment\/web: spec\.replicas\. To take it back/,
    );
    assert.deepEqual(
      events.map(({ type, reason }) => [type, reason]),
      [["Warning", "Drifted"]],
    );
  });

  it("lists ten changes at most", () => {
    const many = Array.from({ length: 12 }, (_, index) => `ConfigMap/c${index}: data`);
    assert.match(inSync(drifted("report", many)), /c9: data; and 2 more\. /);
    assert.doesNotMatch(inSync(drifted("report", many)), /c10/);
  });

  it("is repaired at once in mode repair, by an update that looks, and the environment stays Ready", () => {
    const { status, actions } = drifted("repair");
    assert.match(conditionOf(status, "InSync")?.message ?? "", /It is being taken back\./);
    const [action] = actions;
    assert.ok(action?.do === "start");
    assert.deepEqual([action.request.kind, action.request.refresh, status.phase], ["apply", true, "Ready"]);
    const running = { request: action.request, startedAt: NOW, fingerprint, cancelling: false, latest: {} };
    assert.equal(next("repair", status, { running }).status.phase, "Ready");
    const repaired = next("repair", status, { ended: ended("apply", { ok: true }, true) });
    assert.match(inSync(repaired), /^True Repaired/);
    assert.deepEqual([repaired.status.phase, repaired.actions], ["Ready", []]);
  });

  it("that can't be repaired is a failed update, and looked at again by the next try", () => {
    const { status } = drifted("repair");
    const failed = next("repair", status, { ended: ended("apply", failure("UpdateFailed", "transient"), true) });
    assert.equal(failed.status.phase, "Failed");
    const [retried] = next("repair", failed.status, { seconds: 60 }).actions;
    assert.ok(retried?.do === "start" && retried.request.refresh === true);
  });

  it("waits with its repair for room in the runner, and stays Ready", () => {
    const { status, actions, requeueAfterMs } = next("repair", drifted("report").status, { mayStart: false });
    assert.deepEqual([status.phase, actions, requeueAfterMs], ["Ready", [], 5_000]);
  });

  it("that couldn't be looked for is no failure of the environment's", () => {
    const outcome = failure("ClusterUnavailable", "transient", "The API server did not answer.");
    const found = next("report", looking.status, { ended: ended("detect-drift", outcome) });
    assert.match(inSync(found), /^Unknown NotChecked: .*: The API server did not answer\./);
    assert.deepEqual([found.status.phase, found.status.attempts, found.actions], ["Ready", undefined, []]);
  });

  it("that couldn't be looked for is looked for again as a failed update is, and on schedule once that went well", () => {
    const outcome = failure("ClusterUnavailable", "transient");
    const waits: number[] = [];
    let { status } = looking;
    for (let failures = 1; failures <= 12; failures++) {
      const found = next("report", status, { ended: ended("detect-drift", outcome) });
      assert.equal(found.status.driftFailures, failures);
      waits.push(found.requeueAfterMs ?? 0);
      ({ status } = found);
    }
    const { firstMs, maxMs } = settings().retry;
    assert.ok((waits[0] ?? 0) >= firstMs / 2 && (waits[0] ?? 0) <= firstMs, String(waits));
    assert.ok(
      waits.every((wait, index) => wait >= (waits[index - 1] ?? 0) && wait <= maxMs),
      String(waits),
    );
    assert.ok((waits.at(-1) ?? 0) >= maxMs / 2, String(waits));
    const early = next("report", status, { seconds: Math.floor((waits.at(-1) ?? 0) / 1000) - 1 });
    assert.deepEqual(early.actions, []);
    const [again] = next("report", status, { seconds: Math.ceil((waits.at(-1) ?? 0) / 1000) }).actions;
    assert.ok(again?.do === "start" && again.request.kind === "detect-drift");
    const found = next("report", status, { ended: ended("detect-drift", { ok: true }) });
    assert.equal(found.status.driftFailures, undefined);
    assert.ok((found.requeueAfterMs ?? 0) >= INTERVAL_MS * 0.75);
  });

  it("that no retry would find waits for its schedule", () => {
    const outcome = failure("InvalidSpec", "terminal");
    const found = next("report", looking.status, { ended: ended("detect-drift", outcome) });
    assert.ok((found.requeueAfterMs ?? 0) >= INTERVAL_MS * 0.75);
  });

  it("gives way to a new commit", () => {
    const running = {
      request: request("detect-drift"),
      startedAt: NOW,
      fingerprint: "other",
      cancelling: false,
      latest: {},
    };
    const { status } = next("report", looking.status, { running });
    assert.equal(status.phase, "Provisioning");
    assert.match(conditionOf(status, "Ready")?.message ?? "", /as soon as the operation that runs has ended/);
  });
});
