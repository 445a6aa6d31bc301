import assert from "node:assert/strict";
import { listProcesses, parsePs } from "../../../clusters/processes.ts";
import { runCommand, withTimeLimit } from "../../../clusters/run-command.ts";

describe("the processes of this machine", () => {
  it("include this one, with a start time in the past", async () => {
    const own = (await listProcesses()).find(({ pid }) => pid === process.pid);
    assert.ok(own);
    assert.match(own.commandLine, /node/);
    assert.ok(Math.abs(own.startedAtMs - performance.timeOrigin) < 10_000);
  });

  it("are read from ps, without those that have ended", () => {
    const output = [
      "  123 S    Fri Nov 21 08:33:00 2025 /opt/a b/etcd --name=node0",
      "    7 Z+   Fri Nov  7 08:33:00 2025 (etcd)",
      "garbage",
    ].join("\n");
    assert.deepEqual(parsePs(output), [
      {
        pid: 123,
        commandLine: "/opt/a b/etcd --name=node0",
        startedAtMs: Date.parse("Fri Nov 21 08:33:00 2025"),
        identity: "Fri Nov 21 08:33:00 2025",
      },
    ]);
  });
});

describe("running a command", () => {
  const env = { PATH: "/usr/bin:/bin" };

  it("gives its code and output", async () => {
    assert.deepEqual(await runCommand("sh", ["-c", "cat; echo bad >&2; exit 3"], { env, input: "hello" }), {
      code: 3,
      stdout: "hello",
      stderr: "bad\n",
    });
  });

  it("gives 127 for a program that is not there", async () => {
    assert.equal((await runCommand("no-such-program", [], { env })).code, 127);
  });

  it("gives 124 for a program that takes too long, also when its children hold the output open", async () => {
    const started = performance.now();
    const result = await runCommand("sh", ["-c", "sleep 2 & wait"], { env, timeoutMs: 100 });
    assert.equal(result.code, 124);
    assert.match(result.stderr, /no answer within 0.1 s/);
    assert.ok(performance.now() - started < 5_000);
  });

  it("asks a program that takes too long to end, so that it can end what it has started", async () => {
    const script = "trap 'echo tidy; exit 0' TERM; while :; do sleep 0.01; done";
    const { code, stdout } = await runCommand("sh", ["-c", script], { env, timeoutMs: 100 });
    assert.deepEqual([code, stdout], [124, "tidy\n"]);
  });

  it("asks a program to end when it is interrupted, and starts none for long afterwards", async () => {
    const script = "trap 'echo tidy; exit 0' TERM; while :; do sleep 0.01; done";
    const { code, stdout } = await runCommand("sh", ["-c", script], { env, signal: AbortSignal.timeout(100) });
    assert.deepEqual([code, stdout], [130, "tidy\n"]);
    assert.equal((await runCommand("sleep", ["60"], { env, signal: AbortSignal.abort() })).code, 130);
  });

  it("says what to do where the limit is for every command", async () => {
    const run = withTimeLimit(100, "Allow more.");
    const { code, stderr } = await run("sleep", ["60"], { env });
    assert.deepEqual([code, stderr], [124, "sleep gave no answer within 0.1 s. Allow more."]);
    assert.deepEqual(await run("echo", ["quick"], { env }), { code: 0, stdout: "quick\n", stderr: "" });
  });
});
