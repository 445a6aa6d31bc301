import assert from "node:assert/strict";
import { mock } from "node:test";
import { createProgress } from "../../../clusters/toolchain/index.ts";

describe("progress", () => {
  let output = "";
  const stream = (isTTY: boolean) => ({ isTTY, columns: 40, write: (text: string) => (output += text) });

  beforeEach(() => {
    output = "";
    mock.timers.enable({ apis: ["setInterval", "Date"] });
  });
  afterEach(() => mock.timers.reset());

  it("writes a line at the start, one every 15 s and one with the seconds at the end, where there is no terminal", () => {
    const step = createProgress(stream(false)).start("build etcd");
    [15_000, 15_000, 1_500].forEach((milliseconds) => mock.timers.tick(milliseconds));
    step.done("ready");
    assert.deepEqual(output.split("\n"), [
      "build etcd ...",
      "build etcd ... 15 s",
      "build etcd ... 30 s",
      "build etcd: done in 31.5 s: ready",
      "",
    ]);
  });

  it("says what failed, and nothing after the end of a step", () => {
    const step = createProgress(stream(false)).start("build etcd");
    mock.timers.tick(2_000);
    step.fail("ended with 1");
    step.done();
    mock.timers.tick(60_000);
    assert.equal(output, "build etcd ...\nbuild etcd: failed after 2.0 s: ended with 1\n");
  });

  it("shows running steps below finished ones on a terminal, each on one line", () => {
    const progress = createProgress(stream(true));
    const first = progress.start("build etcd");
    const second = progress.start(`build ${"x".repeat(80)}`);
    mock.timers.tick(1_000);
    output = "";
    first.done();
    const [up = "", ...lines] = output.split("\u001b[0J").flatMap((part) => part.split("\n"));
    assert.equal(up, "\u001b[2A", "the two running lines are erased");
    assert.deepEqual([lines[0], lines.length], ["✓ build etcd (1.0 s)", 3]);
    assert.equal(lines[1]?.length, 39, "a line that wrapped could not be erased");
    second.done();
    output = "";
    mock.timers.tick(1_000);
    assert.equal(output, "", "nothing is drawn when nothing runs");
  });
});
