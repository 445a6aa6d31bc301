import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "../../../../clusters/wait-until.ts";
import type { OperationEvent, OperationRequest, Outcome } from "../../../../platform/domain/operation.ts";
import { ProcessRunner, type ProcessRunnerArgs } from "../../../../platform/runner/process-runner.ts";
import { findSessions, isProcessAlive } from "../../../../platform/runner/sessions.ts";
import type { TaskSettings } from "../../../../platform/runner/task.ts";
import { WorkFolders } from "../../../../platform/runner/work-folders.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";

const REQUEST: OperationRequest = { id: "op-1", kind: "destroy", stack: "pr-7", namespace: "preview-pr-7" };
const DONE = JSON.stringify({ type: "result", outcome: { ok: true } } satisfies OperationEvent);

/** What every scripted process begins with: `on` is called with each line of its input. */
const PREAMBLE = `
  const say = (line) => process.stdout.write(line + "\\n");
  const done = () => { say(${JSON.stringify(DONE)}); process.exit(0); };
  let on = () => undefined;
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => on(line)).on("close", () => process.exit(0));
`;

describe("an operation in a process of its own", function () {
  const scratch = useScratchFolder();
  let started: ChildProcess[] = [];
  beforeEach(() => {
    started = [];
  });

  const runner = (script: string, args: Partial<ProcessRunnerArgs> = {}) =>
    new ProcessRunner({
      settings: { graceMs: 100, timeoutMs: 60_000, tools: { env: {} } } as unknown as TaskSettings,
      surroundings: () => Promise.resolve({ facts: { serviceMonitors: false, apiServer: [] } }),
      memoryBytes: 2 ** 30,
      spare: 0,
      spareForMs: 60_000,
      folders: new WorkFolders(join(scratch().path, "operations"), 60_000),
      env: process.env,
      startChild: (env) => {
        const child = spawn(process.execPath, ["-e", `${PREAMBLE}${script}`], {
          env,
          detached: true,
          stdio: ["pipe", "pipe", "pipe"],
        });
        started.push(child);
        return child;
      },
      ...args,
    });
  const run = async (script: string, args?: Partial<ProcessRunnerArgs>): Promise<[Outcome, OperationEvent[]]> => {
    const events: OperationEvent[] = [];
    const outcome = await runner(script, args).start(REQUEST, (event) => events.push(event)).done;
    return [outcome, events];
  };
  const failure = (outcome: Outcome) => {
    assert.ok(!outcome.ok);
    return outcome;
  };

  it("gets its task on its standard input, and its events are heard, all but the result", async () => {
    const [outcome, events] = await run(`
      on = (line) => {
        const task = JSON.parse(line);
        say(JSON.stringify({ type: "log", level: "info", message: task.request.stack + " " + JSON.stringify(task.facts) }));
        say("no JSON");
        done();
      };`);
    assert.deepEqual(outcome, { ok: true });
    const message = `pr-7 {"serviceMonitors":false,"apiServer":[]}`;
    assert.deepEqual(events, [{ type: "log", level: "info", message }]);
  });

  it("is lost when its process ends without a result", async () => {
    const [outcome] = await run(`on = () => { console.error("it hurts"); process.kill(process.pid, "SIGKILL"); };`);
    assert.equal(failure(outcome).reason, "RunnerLost");
    assert.match(failure(outcome).message, /by SIGKILL .* it hurts/);
  });

  it("ran out of memory when JavaScript's own limit ended it", async () => {
    const [outcome] = await run(
      `on = () => { console.error("FATAL ERROR: JavaScript heap out of memory"); process.exit(134); };`,
    );
    assert.equal(failure(outcome).reason, "OutOfMemory");
  });

  it("is killed when it takes more memory than it may, with all its processes", async function () {
    this.timeout(20_000);
    const child = `const held = Buffer.alloc(200 * 2 ** 20, 1); setInterval(() => held.length, 1000);`;
    const [outcome] = await run(
      `on = () => require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}]);`,
      { memoryBytes: 200 * 2 ** 20 },
    );
    assert.equal(failure(outcome).reason, "OutOfMemory");
    assert.match(failure(outcome).message, /^It took \d{3} MiB of memory; 200 MiB are allowed/);
    assert.equal((await findSessions([started[0]?.pid ?? 0])).size, 0);
  });

  it("leaves no process behind, not even one that outlives its parent", async () => {
    let left = 0;
    const events: OperationEvent[] = [];
    const outcome = await runner(`
      on = () => {
        const child = require("node:child_process").spawn("sh", ["-c", "sleep 600 & echo $!"]);
        child.stdout.on("data", (pid) => { say(JSON.stringify({ type: "log", level: "info", message: String(pid).trim() })); done(); });
      };`).start(REQUEST, (event) => {
      events.push(event);
      if (event.type === "log") left = Number(event.message);
    }).done;
    assert.deepEqual(outcome, { ok: true });
    assert.ok(left > 0);
    assert.equal(
      await waitUntil(() => Promise.resolve(isProcessAlive(left) ? "alive" : undefined), { timeoutMs: 5_000 }),
      undefined,
    );
  });

  it("is asked to stop, once, with the reason", async () => {
    const operation = runner(`
      on = (line) => {
        if (!line.startsWith("cancel")) return say(JSON.stringify({ type: "stage", stage: "apply", at: "" }));
        say(JSON.stringify({ type: "result", outcome: { ok: false, reason: "Cancelled", retry: "transient", message: line } }));
        process.exit(0);
      };`);
    const running = operation.start(REQUEST, () => {
      running.cancel("something newer");
      running.cancel("again");
    });
    const outcome = failure(await running.done);
    assert.deepEqual([outcome.reason, outcome.message], ["Cancelled", "cancel: something newer"]);
  });

  it("is killed when it does not stop within its grace period", async () => {
    const operation = runner(`on = () => say(JSON.stringify({ type: "stage", stage: "apply", at: "" }));`);
    const running = operation.start(REQUEST, () => {
      running.cancel("something newer");
    });
    assert.equal(failure(await running.done).reason, "Cancelled");
  });

  it("does not begin when the cluster can't be asked", async () => {
    const surroundings = () => Promise.reject(new Error("no answer from the API server"));
    const [outcome] = await run(`on = done;`, { surroundings });
    assert.deepEqual(
      [failure(outcome).reason, failure(outcome).message],
      ["ClusterUnavailable", "no answer from the API server"],
    );
  });

  it("has a folder of its own, which is gone after it", async () => {
    const [, events] = await run(`
      on = (line) => {
        const { folder } = JSON.parse(line);
        say(JSON.stringify({ type: "log", level: "info", message: String(require("node:fs").statSync(folder).isDirectory()) }));
        done();
      };`);
    assert.deepEqual(events, [{ type: "log", level: "info", message: "true" }]);
    assert.deepEqual(readdirSync(join(scratch().path, "operations")), []);
  });

  it("takes a process that waits, and leaves another one in its place", async () => {
    const spared = runner(`on = done;`, { spare: 1 });
    await spared.start(REQUEST, () => undefined).done;
    assert.equal(started.length, 2);
    await spared.start(REQUEST, () => undefined).done;
    assert.equal(started.length, 3);
    assert.equal(started[1]?.exitCode, 0, "the one that waited did the second operation");
    spared.close();
    await new Promise((resolve) => started[2]?.once("close", resolve));
  });
});
