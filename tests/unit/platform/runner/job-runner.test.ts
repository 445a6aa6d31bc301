import assert from "node:assert/strict";
import { waitUntil } from "../../../../clusters/wait-until.ts";
import type { OperationEvent, OperationRequest, Outcome } from "../../../../platform/domain/operation.ts";
import { JOB_LABELS, jobManifests } from "../../../../platform/runner/job-manifests.ts";
import { JobRunner } from "../../../../platform/runner/job-runner.ts";
import type { OperationTask, TaskSettings } from "../../../../platform/runner/task.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { ScriptedApi } from "../scripted-api.ts";

const JOBS = "/apis/batch/v1/namespaces/terrarium/jobs";
const SECRETS = "/api/v1/namespaces/terrarium/secrets";
const PODS = "/api/v1/namespaces/terrarium/pods";
const REQUEST: OperationRequest = { id: "op-1", kind: "destroy", stack: "pr-7", namespace: "preview-pr-7" };
const PLACE = {
  namespace: "terrarium",
  image: "terrarium:1.0.0",
  serviceAccount: "operations",
  memory: "1Gi",
  keepSeconds: 600,
};
const STAGE = JSON.stringify({ type: "stage", stage: "destroy", at: "" } satisfies OperationEvent);
const RESULT = JSON.stringify({ type: "result", outcome: { ok: true } } satisfies OperationEvent);
const RUNNING = { phase: "Running", containerStatuses: [{ state: { running: {} } }] };

describe("an operation as a Job", () => {
  const scratch = useScratchFolder();
  let api: ScriptedApi;
  let logs: string[][];
  /** Followers of the pod's log that have read all there is, until the container ends. */
  let endLog: () => void;
  beforeEach(() => {
    api = new ScriptedApi();
    logs = [];
    endLog = () => undefined;
  });

  const settings = (): TaskSettings => ({
    project: "preview-environments",
    platform: "terrarium",
    state: {
      address: "postgres://terrarium:pa55word@state/terrarium",
      secretsProvider: "passphrase",
      passphraseFile: scratch().file("passphrase", "open sesame"),
      saveOnce: false,
    },
    cluster: {},
    policyPacks: [],
    parallel: 64,
    timeoutMs: 60_000,
    graceMs: 1_000,
    tools: { pulumi: "/tools/pulumi", kubectl: "/tools/kubectl", env: {} },
  });
  const start = (request: OperationRequest = REQUEST) => {
    const events: OperationEvent[] = [];
    const runner = new JobRunner({
      settings: settings(),
      place: PLACE,
      surroundings: () => Promise.resolve({ facts: { serviceMonitors: false, apiServer: [] } }),
      api,
      everyMs: 1,
      followLog: (_, onLine, signal) => {
        const lines = logs.shift();
        lines?.forEach(onLine);
        return lines
          ? Promise.resolve()
          : new Promise((resolve) => {
              endLog = resolve;
              signal.addEventListener("abort", () => resolve());
            });
      },
    });
    return { running: runner.start(request, (event) => events.push(event)), events };
  };
  const isFollowed = () => endLog.length === 1;
  const jobs = () => [...api.objects.keys()].filter((path) => path.startsWith(JOBS));
  const until = async (what: string, condition: () => boolean) => {
    const wait = () => Promise.resolve(condition() ? undefined : what);
    assert.equal(await waitUntil(wait, { timeoutMs: 5_000, everyMs: 1 }), undefined);
  };
  /** Does what the Job controller and a kubelet do for the Job that is released next. */
  const pod = async (status: object) => {
    const released = () =>
      jobs().find((path) => (api.objects.get(path)?.spec as { suspend?: boolean }).suspend === false);
    await until("a Job", () => released() !== undefined);
    const name = released()?.split("/").at(-1) ?? "";
    api.objects.delete(`${PODS}/${name}-abcde`);
    api.create(
      PODS,
      { metadata: { name: `${name}-abcde`, labels: { "job-name": name } }, status } as never,
      new Date(0),
    );
    return name;
  };
  const failure = (outcome: Outcome) => {
    assert.ok(!outcome.ok);
    return outcome;
  };

  it("is a Secret with its task, and a Job that begins when that is there", async () => {
    const { running, events } = start();
    logs.push([STAGE, "no JSON", RESULT]);
    const name = await pod(RUNNING);
    assert.deepEqual(await running.done, { ok: true });
    assert.deepEqual(events, [JSON.parse(STAGE)]);
    assert.deepEqual(api.writes.slice(0, 3), [`POST ${JOBS}`, `POST ${SECRETS}`, `PATCH ${JOBS}/${name}`]);

    const secret = api.objects.get(`${SECRETS}/${name}`) as unknown as {
      stringData: Record<string, string>;
      metadata: { ownerReferences: { kind: string; name: string }[] };
    };
    assert.equal(secret.stringData["passphrase"], "open sesame");
    const task = JSON.parse(secret.stringData["task.json"] ?? "") as OperationTask;
    assert.deepEqual(task.request, REQUEST);
    assert.equal(task.settings.state.passphraseFile, "/etc/terrarium/passphrase");
    assert.deepEqual(
      secret.metadata.ownerReferences.map(({ kind, name: owner }) => [kind, owner]),
      [["Job", name]],
    );
  });

  it("has the files of the description's secrets in its Secret, where its task finds them", async () => {
    const { running } = start({ ...REQUEST, secretFiles: { token: scratch().file("token", "t0p-secret") } });
    logs.push([RESULT]);
    const name = await pod(RUNNING);
    await running.done;
    const { stringData } = api.objects.get(`${SECRETS}/${name}`) as unknown as { stringData: Record<string, string> };
    assert.equal(stringData["secret-token"], "t0p-secret");
    const task = JSON.parse(stringData["task.json"] ?? "") as OperationTask;
    assert.deepEqual(task.request.secretFiles, { token: "/etc/terrarium/secret-token" });
    assert.doesNotMatch(JSON.stringify(api.objects.get(`${JOBS}/${name}`)), /t0p-secret/);
  });

  it("has no credentials in its Job, only in its Secret", () => {
    const task: OperationTask = {
      request: REQUEST,
      settings: settings(),
      folder: "/tmp",
      facts: { serviceMonitors: false, apiServer: [] },
    };
    const { job } = jobManifests(task, { passphrase: "open sesame" }, PLACE);
    assert.doesNotMatch(JSON.stringify(job), /pa55word|open sesame/);
  });

  it("has a name that is a label, however long the stack's is", () => {
    const request = { ...REQUEST, stack: `${"a".repeat(34)}-${"b".repeat(30)}` };
    const { name } = jobManifests(
      { request, settings: settings(), folder: "/tmp", facts: { serviceMonitors: false, apiServer: [] } },
      {},
      PLACE,
    );
    assert.match(name, /^terrarium-op-a{34}-[0-9a-f]{8}$/);
  });

  it("is found again by a service that was restarted, with its events from the start and its outcome", async () => {
    const first = start();
    const name = await pod(RUNNING);
    const second = start({ ...REQUEST, id: "op-2" });
    logs.push([STAGE, RESULT]);
    await until("a follower", () => logs.length === 0);
    assert.deepEqual(await second.running.done, { ok: true });
    assert.deepEqual(second.events, [JSON.parse(STAGE)]);
    assert.deepEqual(jobs(), [`${JOBS}/${name}`]);
    assert.equal(api.objects.get(`${JOBS}/${name}`)?.metadata.labels?.[JOB_LABELS.taken], "true");
    logs.push([RESULT]);
    endLog();
    await first.running.done;
  });

  it("is left running by a service that ends, and its outcome waits for the next one", async () => {
    const first = start();
    const name = await pod(RUNNING);
    await until("a follower", isFollowed);
    first.running.letGo?.();
    logs.push([STAGE, RESULT]);
    const second = start({ ...REQUEST, id: "op-2" });
    assert.deepEqual(await second.running.done, { ok: true });
    assert.deepEqual(second.events, [JSON.parse(STAGE)]);
    assert.deepEqual(first.events, []);
    assert.ok(!api.writes.includes(`DELETE ${JOBS}/${name}`));
    const silence = Promise.resolve("nothing more is heard of it");
    assert.equal(await Promise.race([first.running.done, silence]), await silence);
  });

  it("does not begin once it was let go of, and what was made of it goes when it is asked for again", async () => {
    const first = start();
    api.before = (_, path) => {
      if (path === SECRETS) first.running.letGo?.();
    };
    await until("a Secret", () => api.writes.includes(`POST ${SECRETS}`));
    const [left] = jobs();
    assert.equal((api.objects.get(left ?? "")?.spec as { suspend?: boolean }).suspend, true);
    api.before = () => undefined;
    const second = start({ ...REQUEST, id: "op-2" });
    logs.push([RESULT]);
    await pod(RUNNING);
    assert.deepEqual(await second.running.done, { ok: true });
    assert.ok(left && !jobs().includes(left));
  });

  it("takes up no Job that was asked to go", async () => {
    start();
    const name = await pod(RUNNING);
    await until("a follower", isFollowed);
    const path = `${JOBS}/${name}`;
    api.create(
      JOBS,
      {
        ...api.objects.get(path),
        metadata: { ...api.objects.get(path)?.metadata, name, ...{ deletionTimestamp: "now" } },
      },
      new Date(0),
    );
    const second = start({ ...REQUEST, id: "op-2" });
    logs.push([RESULT]);
    await until("another Job", () => jobs().some((job) => job !== path));
    await pod(RUNNING);
    assert.deepEqual(await second.running.done, { ok: true });
  });

  it("does not take an outcome twice", async () => {
    logs.push([RESULT], [RESULT]);
    const first = start();
    const name = await pod(RUNNING);
    await first.running.done;
    api.objects.delete(`${PODS}/${name}-abcde`);
    const second = start({ ...REQUEST, id: "op-2" });
    await until("another Job", () => jobs().length === 2);
    api.objects.delete(`${JOBS}/${name}`);
    await pod(RUNNING);
    assert.deepEqual(await second.running.done, { ok: true });
  });

  it("waits until another operation of its stack, which nobody follows any more, has stopped", async () => {
    start({ ...REQUEST, kind: "detect-drift" });
    const name = await pod(RUNNING);
    const second = start({ ...REQUEST, id: "op-2" });
    await until("a deletion", () => api.writes.includes(`DELETE ${JOBS}/${name}`));
    api.objects.delete(`${PODS}/${name}-abcde`);
    logs.push([RESULT]);
    await pod(RUNNING);
    assert.deepEqual(await second.running.done, { ok: true });
  });

  it("goes on with the log where the connection broke, and tells nothing twice", async () => {
    logs.push([STAGE], [STAGE, RESULT]);
    const { running, events } = start();
    await pod(RUNNING);
    assert.deepEqual(await running.done, { ok: true });
    assert.equal(events.length, 1);
  });

  it("is asked to stop by the deletion of its Job", async () => {
    const { running } = start();
    const name = await pod(RUNNING);
    await until("a follower", isFollowed);
    running.cancel("something newer");
    await until("a deletion", () => api.writes.includes(`DELETE ${JOBS}/${name}`));
    api.objects.delete(`${PODS}/${name}-abcde`);
    endLog();
    const outcome = failure(await running.done);
    assert.deepEqual([outcome.reason, outcome.message], ["Cancelled", "something newer"]);
  });

  it("says why its pod does not begin, once", async () => {
    const { running, events } = start();
    const waiting = { reason: "ImagePullBackOff", message: "no such image" };
    await pod({ phase: "Pending", containerStatuses: [{ state: { waiting } }] });
    await until("a warning", () => events.length > 0);
    logs.push([RESULT]);
    await pod(RUNNING);
    await running.done;
    assert.deepEqual(events, [{ type: "log", level: "warn", message: "ImagePullBackOff: no such image" }]);
  });

  for (const [what, status, reason] of [
    [
      "took too much memory",
      { phase: "Failed", containerStatuses: [{ state: { terminated: { reason: "OOMKilled", exitCode: 137 } } }] },
      "OutOfMemory",
    ],
    ["took too long", { phase: "Failed", reason: "DeadlineExceeded" }, "Timeout"],
    ["lost its node", { phase: "Failed", reason: "NodeLost", message: "Node is gone" }, "RunnerLost"],
    [
      "ended without a word",
      { phase: "Succeeded", containerStatuses: [{ state: { terminated: { reason: "Completed", exitCode: 0 } } }] },
      "RunnerLost",
    ],
  ] as const) {
    it(`has ended as ${reason} when its pod ${what}`, async () => {
      logs.push([STAGE]);
      const { running } = start();
      await pod(status);
      assert.equal(failure(await running.done).reason, reason);
    });
  }

  it("is lost when its Job is gone", async () => {
    const { running } = start();
    const name = await pod({ phase: "Pending" });
    api.objects.delete(`${PODS}/${name}-abcde`);
    api.objects.delete(`${JOBS}/${name}`);
    assert.equal(failure(await running.done).reason, "RunnerLost");
  });

  it("fails for the time being when the API server does not answer", async () => {
    api.refuse = () => 503;
    const outcome = failure(await start().running.done);
    assert.deepEqual([outcome.reason, outcome.retry], ["ClusterUnavailable", "transient"]);
  });
});
