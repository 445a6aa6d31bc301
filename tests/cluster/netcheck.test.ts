import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { checkout, inNamespace, stack } from "./stack.ts";

interface Report {
  readonly enforced: boolean;
  readonly checks: readonly {
    readonly from: string;
    readonly to: string;
    readonly expected: string;
    readonly got: string;
  }[];
}

describe("netcheck", () => {
  it("finds every declared connection open and every other one closed, and leaves no canary", async () => {
    const args = ["cli/main.ts", "netcheck", "--stack", stack, "-o", "json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: checkout });
    const { enforced, checks } = JSON.parse(stdout) as Report;
    assert.equal(enforced, true);
    assert.ok(checks.length > 200, String(checks.length));
    assert.deepEqual(
      checks.filter(({ expected, got }) => expected !== got),
      [],
    );
    for (const wanted of ["open", "closed"])
      assert.ok(
        checks.some(({ expected }) => expected === wanted),
        wanted,
      );
    assert.equal(await inNamespace(["get", "pods", "--selector", "app=canary", "--output", "name"]), "");
  });
});
