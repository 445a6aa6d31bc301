import assert from "node:assert/strict";
import { KubeConfig } from "@kubernetes/client-node";
import { createRunner, type RunnerArgs, toTaskSettings } from "../../../../platform/runner/index.ts";
import { runnerSettingsSchema } from "../../../../platform/runner/settings.ts";
import { useScratchFolder } from "../../clusters/scratch-folder.ts";
import { ScriptedApi } from "../scripted-api.ts";

describe("the runner that the settings describe", () => {
  const scratch = useScratchFolder();
  const args = (settings: object, rest: Partial<RunnerArgs> = {}): RunnerArgs => ({
    settings: runnerSettingsSchema.parse(settings),
    namespace: "terrarium",
    cluster: {},
    dataFolder: scratch().path,
    toolchain: { path: (name: string) => `/tools/${name}`, env: { GOMEMLIMIT: "1GiB" } },
    env: {},
    facts: () => Promise.reject(new Error("not asked")),
    jobs: { access: new KubeConfig(), api: new ScriptedApi() },
    ...rest,
  });
  const JOB = { kind: "job", job: { image: "terrarium:1.0.0" }, state: { address: "s3://bucket" } };

  it("has what each operation is told, in milliseconds, with memory shared out to Go's programs", () => {
    const task = toTaskSettings(args({ timeout: "10m", grace: "20s", memory: "800Mi" }));
    assert.deepEqual([task.timeoutMs, task.graceMs], [600_000, 20_000]);
    assert.equal(task.tools.env["GOMEMLIMIT"], "200MiB");
    assert.equal(task.platformPods, undefined);
  });

  it("knows the pods of its Jobs where it knows its own", () => {
    const { platformPods } = toTaskSettings(
      args({}, { platformPods: { namespace: "terrarium", prefixes: ["terrarium-platform-"] } }),
    );
    assert.deepEqual(platformPods?.prefixes, ["terrarium-platform-", "terrarium-op-"]);
  });

  it("lists no stacks where there never was one", async () => {
    const runner = createRunner(args({}));
    assert.deepEqual(await runner.listStacks(), []);
    runner.close();
  });

  it("makes Jobs where it is told to", () => {
    createRunner(args(JOB)).close();
  });

  for (const [what, settings, message] of [
    ["an image", { ...JOB, job: {} }, /^runner\.job\.image: nothing is named/],
    ["state that other pods reach", { ...JOB, state: {} }, /^runner\.state: file:\/\/.* is a folder of this pod/],
  ] as const) {
    it(`makes no Jobs without ${what}`, () => {
      assert.throws(() => createRunner(args(settings)), { message });
    });
  }
});

describe("the runner's settings", () => {
  for (const [settings, path] of [
    [{ kind: "pod" }, "kind"],
    [{ timeout: "10" }, "timeout"],
    [{ memory: "much" }, "memory"],
    [{ state: { address: "ftp://state" } }, "state.address"],
    [{ state: { adress: "file:///state" } }, "state"],
    [{ spare: -1 }, "spare"],
  ] as const) {
    it(`refuse ${JSON.stringify(settings)}`, () => {
      const { error } = runnerSettingsSchema.safeParse(settings);
      assert.equal(error?.issues[0]?.path.join("."), path);
    });
  }
});
