import assert from "node:assert/strict";
import type { OperationEvent } from "../../../../platform/domain/operation.ts";
import { progressAfter } from "../../../../platform/domain/progress.ts";
import { DIFF, STEPS } from "./first-update.ts";

describe("The progress of an operation", () => {
  it("is what its events have told so far, the newest counting", () => {
    const events: readonly OperationEvent[] = [
      { type: "stage", stage: "preview", at: "" },
      { type: "diff", diff: DIFF },
      { type: "progress", done: 1, total: 3, current: "Deployment/web" },
      { type: "steps", steps: STEPS },
    ];
    assert.deepEqual(events.reduce(progressAfter, {}), {
      progress: "1 of 3: Deployment/web",
      diff: DIFF,
      steps: STEPS,
    });
  });

  it("stays the same object where nothing of it is told", () => {
    const latest = { progress: "apply" };
    assert.equal(progressAfter(latest, { type: "log", level: "info", message: "hello" }), latest);
    assert.equal(
      progressAfter(latest, { type: "resource", resource: "Deployment/web", op: "create", state: "done", at: "" }),
      latest,
    );
  });
});
