import assert from "node:assert/strict";
import { hostname } from "node:os";
import type { OperationEvent } from "../../../../platform/domain/operation.ts";
import { failed } from "../../../../platform/runner/failures.ts";
import { freeStack, freeToldStack } from "../../../../platform/runner/ready-stack.ts";
import { runOperation } from "../../../../platform/runner/run-operation.ts";
import { SecretValues } from "../../../../platform/runner/secret-values.ts";
import type { Stage } from "../../../../platform/runner/stage.ts";
import { folderState } from "../../../../stacks/folder-state.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { destroyTask } from "./destroy-task.ts";

const LOCK = ".pulumi/locks/organization/preview-environments/pr-7/1.json";
/** A number that no process has: above every system's largest. */
const NOBODY = 99_999_999;

describe("a stack, before an operation", () => {
  const scratch = useScratchFolder();
  const task = () => destroyTask(scratch());
  const free = async () => {
    const events: OperationEvent[] = [];
    const stage: Stage = {
      task: task(),
      state: folderState(scratch().path),
      secrets: new SecretValues(),
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    };
    const found = await freeStack(stage);
    return { found, log: events.flatMap((event) => (event.type === "log" ? [event.message] : [])) };
  };
  const lock = (host: string, pid: number, at = "2026-11-21T08:57:05Z") =>
    scratch().file(LOCK, JSON.stringify({ pid, username: "terrarium", hostname: host, timestamp: at }));
  const podCreatedAt = (time: string) =>
    scratch().program("kubectl", `echo '{"kind":"Pod","metadata":{"name":"p","creationTimestamp":"${time}"}}'`);

  it("is known to exist by its state, without a question to Pulumi", async () => {
    assert.deepEqual((await free()).found, { exists: false, checkpoint: undefined });
    scratch().file(".pulumi/stacks/preview-environments/pr-7.json", "{}");
    assert.deepEqual((await free()).found, { exists: true, checkpoint: "{}" });
  });

  it("loses the lock of a process that has ended", async () => {
    lock(hostname(), NOBODY);
    const { found, log } = await free();
    assert.deepEqual(found, { exists: false, checkpoint: undefined });
    assert.match(log.join("\n"), /^Removing the lock of an interrupted update/);
  });

  it("is waited for while its owner lives", async () => {
    lock(hostname(), process.pid, new Date(Date.now() + 60_000).toISOString());
    const { found } = await free();
    assert.ok("reason" in found);
    assert.deepEqual([found.reason, found.retry], ["StateLocked", "waiting"]);
    assert.match(found.message, new RegExp(`is being updated since .*process ${process.pid}\\b`));
  });

  it("loses the lock of a pod of the platform that is gone", async () => {
    lock("terrarium-op-pr-7-0a1b2c3d-xyz12", 7);
    scratch().program("kubectl", "exit 0");
    assert.ok("exists" in (await free()).found);
    assert.deepEqual(scratch().calls(), [
      "kubectl --kubeconfig /kubeconfig --context previews get pods terrarium-op-pr-7-0a1b2c3d-xyz12 --namespace terrarium --ignore-not-found --output json",
    ]);
  });

  it("loses the lock of a pod whose name a later pod has", async () => {
    lock("terrarium-platform-0", 7);
    podCreatedAt("2026-11-21T09:00:00Z");
    assert.ok("exists" in (await free()).found);
  });

  it("keeps the lock of a pod of the platform that is there", async () => {
    lock("terrarium-platform-0", 7);
    podCreatedAt("2026-11-21T08:00:00Z");
    const { found } = await free();
    assert.ok("reason" in found);
    assert.match(found.message, /its owner is on another machine .*pulumi cancel --stack pr-7/s);
  });

  it("keeps the lock of a machine that is no pod of the platform, without asking for a pod of its name", async () => {
    lock("adas-laptop", 7);
    scratch().program("kubectl", "exit 0");
    assert.ok("reason" in (await free()).found);
    assert.deepEqual(scratch().calls(), []);
  });

  it("is freed by Pulumi where Pulumi alone reaches its state, and not while its owner lives", async () => {
    scratch().program("pulumi", "exit 0");
    const stage: Stage = {
      ...{ task: task(), state: undefined, secrets: new SecretValues() },
      ...{ emit: () => undefined, signal: new AbortController().signal },
    };
    const met = (pid: number) =>
      `error: the stack is currently locked by 1 lock(s). s3://acme/${LOCK}: created by ada@${hostname()} (pid ${pid}) at 2999-01-01T00:00:00Z`;
    const held = await freeToldStack(stage, failed("StateLocked", "waiting", met(process.pid)));
    assert.match(held?.message ?? "", /is being updated since 2999-01-01T00:00:00Z/);
    const unread = failed("StateLocked", "waiting", "the stack is currently locked by 2 lock(s)");
    assert.equal(await freeToldStack(stage, unread), unread);
    assert.deepEqual(scratch().calls(), []);
    assert.equal(await freeToldStack(stage, failed("StateLocked", "waiting", met(NOBODY))), undefined);
    assert.match(scratch().calls().join("\n"), /^pulumi cancel --yes --stack pr-7 [^\n]*$/);
  });

  it("is not touched by an operation that was stopped meanwhile", async () => {
    const stopping = new AbortController();
    const outcome = await runOperation(
      task(),
      () => {
        stopping.abort({ reason: "Cancelled", message: "something newer came" });
      },
      stopping.signal,
    );
    assert.deepEqual(outcome, { ok: false, reason: "Cancelled", retry: "transient", message: "something newer came" });
    assert.deepEqual(scratch().calls(), []);
  });

  it("is not touched while its state can't be read", async () => {
    scratch().file(".pulumi/stacks/preview-environments/pr-7.json/not-a-file", "");
    const outcome = await runOperation(task(), () => undefined, new AbortController().signal);
    assert.ok(!outcome.ok);
    assert.match(outcome.message, /EISDIR/);
  });
});
