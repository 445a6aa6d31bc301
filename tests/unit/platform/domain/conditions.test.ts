import assert from "node:assert/strict";
import { backoffMs } from "../../../../platform/domain/backoff.ts";
import { conditionOf, withCondition, withoutCondition } from "../../../../platform/domain/conditions.ts";
import { eventsBetween } from "../../../../platform/domain/events.ts";
import { ADMITTED, ready, TERMINATING, updating } from "../../../../platform/domain/messages.ts";
import { after, environment, NOW } from "./situations.ts";

const first = { environment: environment({ metadata: { generation: 1 } }), now: NOW };
const later = { environment: environment({ metadata: { generation: 2 } }), now: after(60) };

describe("Conditions", () => {
  it("keep the time of their last transition while their status stays", () => {
    const begun = withCondition({}, updating({ asleep: false }), first);
    const still = withCondition(begun, TERMINATING, later);
    assert.deepEqual(conditionOf(still, "Ready"), {
      ...TERMINATING,
      lastTransitionTime: NOW.toISOString(),
      observedGeneration: 2,
    });
    const turned = withCondition(still, ready(undefined), later);
    assert.equal(conditionOf(turned, "Ready")?.lastTransitionTime, after(60).toISOString());
  });

  it("stand in one order, each once, whichever was set first", () => {
    const status = [ADMITTED, ready(undefined), ADMITTED].reduce((all, each) => withCondition(all, each, first), {});
    assert.deepEqual(status, withCondition(withCondition({}, ready(undefined), first), ADMITTED, first));
  });

  it("can be taken away, also where there are none", () => {
    const status = withCondition(withCondition({}, ADMITTED, first), ready(undefined), first);
    assert.equal(conditionOf(withoutCondition(status, "Ready"), "Ready"), undefined);
    assert.notEqual(conditionOf(withoutCondition(status, "Ready"), "Admitted"), undefined);
    assert.deepEqual(withoutCondition({}, "Ready"), { conditions: undefined });
  });

  it("shorten messages that are longer than anybody reads", () => {
    const status = withCondition({}, { ...TERMINATING, message: "x".repeat(50_000) }, first);
    assert.equal(conditionOf(status, "Ready")?.message.length, 2001);
  });
});

describe("Events", () => {
  it("tell of a new reason once, and of each new message of a failure", () => {
    const of = (message: string) =>
      withCondition({}, { type: "Ready", status: "False", reason: "Timeout", message }, first);
    const updated = withCondition({}, updating({ asleep: false }), first);
    assert.deepEqual(
      eventsBetween({}, updated).map(({ reason, type }) => [type, reason]),
      [["Normal", "Provisioning"]],
    );
    assert.deepEqual(eventsBetween(updated, withCondition({}, updating({ commit: "abc", asleep: false }), later)), []);
    assert.deepEqual(eventsBetween(updated, of("first")), [{ type: "Warning", reason: "Timeout", message: "first" }]);
    assert.deepEqual(eventsBetween(of("first"), of("first")), []);
    assert.equal(eventsBetween(of("first"), of("second")).length, 1);
    assert.deepEqual(eventsBetween(updated, {}), []);
  });
});

describe("The time between tries", () => {
  const retry = { waitingMs: 5_000, firstMs: 10_000, maxMs: 100_000 };

  it("doubles up to the maximum", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 1000].map((attempts) => backoffMs(attempts, retry, 0)),
      [10_000, 20_000, 40_000, 80_000, 100_000, 100_000, 100_000],
    );
  });

  it("is shorter by up to a half by chance", () => {
    assert.equal(backoffMs(2, retry, 0.5), 15_000);
    assert.ok(backoffMs(2, retry, 0.999999) >= 10_000);
  });
});
