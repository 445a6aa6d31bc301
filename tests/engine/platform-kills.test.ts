import assert from "node:assert/strict";
import { type Action, killsOf } from "./kills/cases.ts";
import type { Target } from "./kills/crash-point.ts";
import { Killer } from "./kills/run.ts";

/** The most telling kills; all of them: npm run platform-kills. */
const KILLS: readonly [environment: string, Action, step: string, Target][] = [
  ["first", "create", "apply, half of them", "service"],
  ["first", "update", "apply, first resource", "engine"],
  ["first", "destroy", "destroy, half of them", "operation"],
  ["second", "create", "before the end is written", "service"],
  ["second", "update", "apply, last resource", "provider"],
  ["second", "destroy", "before the finalizer is removed", "service"],
];

describe("an environment on which something is killed", () => {
  let killer: Killer;
  before(async () => {
    killer = await Killer.create();
  });
  after(() => killer.remove());

  for (const [environment, action, step, target] of KILLS) {
    it(`comes to what is wanted: ${action}, ${step}, the ${target}`, async () => {
      const kill = killsOf(action).find((each) => each.step === step && each.point.target === target);
      assert.ok(kill);
      const { problems } = await killer.run(environment, kill);
      assert.deepEqual(problems, []);
    });
  }

  it("leaves nothing behind", async () => {
    assert.deepEqual(await killer.end(), []);
  });
});
