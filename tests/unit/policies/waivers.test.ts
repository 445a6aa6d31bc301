import assert from "node:assert/strict";
import { waiverAnnotations } from "../../../spec/index.ts";
import { judge, put, shop, TODAY } from "./shop.ts";

const RULE = "replicas-in-production";
const KEY = `waiver.terrarium.dev/${RULE}`;

/** A shop whose autoscaler breaks a rule, with a waiver on it. */
function waived(value: string, key = KEY) {
  const objects = shop();
  put(objects.autoscaler, "spec.minReplicas", 1);
  put(objects.autoscaler, "metadata.annotations", { [key]: value });
  return judge(Object.values(objects));
}

describe("a waiver", () => {
  it("lets an object off one rule, and is reported with its reason and its end", () => {
    const { violations, waivers, unused } = waived("until 2026-12-31: one pod at night");
    assert.deepEqual([violations, unused], [[], []]);
    assert.deepEqual(
      waivers.map(({ rule, until, reason, object }) => [rule, until, reason, object.toString()]),
      [[RULE, "2026-12-31", "one pod at night", "HorizontalPodAutoscaler shop/web"]],
    );
  });

  it("is written as components write it", () => {
    const [[key, value] = ["", ""]] = Object.entries(
      waiverAnnotations({ [RULE]: { until: TODAY, reason: "one pod" } }),
    );
    assert.deepEqual([key, waived(value).violations], [KEY, []]);
  });

  it("holds on its last day, and not on the next", () => {
    assert.deepEqual(waived(`until ${TODAY}: one pod`).violations, []);
    assert.deepEqual(names(waived("until 2026-11-20: one pod")), [RULE, "waivers"]);
  });

  for (const [name, value] of [
    ["no reason", "until 2026-12-31:"],
    ["no end", "one pod at night"],
    ["a day that is none", "until 2026-13-01: one pod"],
    ["nothing", ""],
  ] as const) {
    it(`with ${name} is refused and waives nothing`, () => {
      const report = waived(value);
      assert.deepEqual(names(report), [RULE, "waivers"]);
      assert.match(report.violations.at(-1)?.message ?? "", /has neither a day nor a reason.*until YYYY-MM-DD: reason/);
    });
  }

  it("of a rule that there is not is refused", () => {
    const report = waived("until 2026-12-31: one pod", "waiver.terrarium.dev/replicas");
    assert.deepEqual(names(report), [RULE, "waivers"]);
  });

  it("cannot waive the rule about waivers", () => {
    assert.deepEqual(names(waived("until 2026-12-31: no rules", "waiver.terrarium.dev/waivers")), [RULE, "waivers"]);
  });

  it("that waives nothing any more is told apart", () => {
    const objects = shop();
    put(objects.web, "metadata.annotations", { [KEY]: "until 2026-12-31: one pod" });
    const { violations, waivers, unused } = judge(Object.values(objects));
    assert.deepEqual([violations, waivers, unused.map(({ rule }) => rule)], [[], [], [RULE]]);
  });
});

function names({ violations }: ReturnType<typeof judge>): string[] {
  return violations.map(({ rule }) => rule).sort();
}
