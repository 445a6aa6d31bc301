import assert from "node:assert/strict";
import { shared } from "./kubectl.ts";
import { OTHERS_END_WITHIN_MS, othersEnd } from "./running-files.ts";
import { stack } from "./stack.ts";
import { terrarium } from "./terrarium.ts";

interface Report {
  readonly enforced: boolean;
  readonly checks: readonly {
    readonly from: string;
    readonly to: string;
    readonly side: string;
    readonly expected: string;
    readonly got: string;
  }[];
}

describe("netcheck", () => {
  before(async function () {
    this.timeout(OTHERS_END_WITHIN_MS);
    await othersEnd();
  });

  it("finds every declared connection open and every other one closed, on either side, and leaves nothing", async () => {
    const { stdout } = await terrarium(stack, "netcheck", "-o", "json");
    const { enforced, checks } = JSON.parse(stdout) as Report;
    assert.equal(enforced, true);
    assert.ok(checks.length > 1000, String(checks.length));
    assert.deepEqual(
      checks.filter(({ expected, got }) => expected !== got),
      [],
    );
    for (const wanted of ["open", "closed"])
      for (const judged of ["egress", "ingress", "both"])
        assert.ok(
          checks.some(({ expected, side }) => expected === wanted && side === judged),
          `${wanted} ${judged}`,
        );
    assert.equal(await shared.run(["get", "pods,networkpolicies", "--selector", "app=canary", "--output", "name"]), "");
  });
});
