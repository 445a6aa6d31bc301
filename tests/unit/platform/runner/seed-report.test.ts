import assert from "node:assert/strict";
import type { CommandResult } from "../../../../clusters/run-command.ts";
import { reportSeed } from "../../../../platform/runner/seed-report.ts";
import type { EnvironmentSpec } from "../../../../spec/index.ts";

const SEED = { sql: "select 1", required: false };
const description = (differing: Partial<EnvironmentSpec> = {}): EnvironmentSpec => ({
  name: "preview-shop",
  tier: "dev",
  application: "shop",
  dataStores: { cache: { engine: "redis" }, db: { engine: "postgres", seed: SEED } },
  ...differing,
});

describe("what became of an environment's first data", () => {
  const asked: string[] = [];
  const report = (messages: readonly string[], spec = description(), code = 0) => {
    const [fetch, load] = messages.map((message) => ({ state: { terminated: { message } } }));
    const status = { initContainerStatuses: [fetch], containerStatuses: [load ?? { state: {} }] };
    const stdout = JSON.stringify({ items: messages.length === 0 ? [] : [{ kind: "Pod", metadata: {}, status }] });
    const run = (_program: string, args: readonly string[]): Promise<CommandResult> => {
      asked.push(args.join(" "));
      return Promise.resolve({ code, stdout, stderr: "no" });
    };
    const reader = { kubectl: "kubectl", access: {}, env: {}, run };
    return reportSeed({ reader, namespace: "preview-shop", description: spec, facts: {} });
  };

  it("is what its job's pod said", async () => {
    assert.deepEqual(await report(["", "loaded\n"]), { reason: "Loaded", message: "The data of db was loaded." });
    assert.equal(
      asked.at(-1),
      "get pods --namespace preview-shop --selector app.kubernetes.io/name=db-seed --output json",
    );
  });

  it("is that it started empty, with the first reason there was", async () => {
    for (const [messages, why] of [
      [["", "empty: ERROR: no such thing\n"], "ERROR: no such thing"],
      [
        ["empty: not fetched from files:80: ENOTFOUND", "empty: there is no data"],
        "not fetched from files:80: ENOTFOUND",
      ],
    ] as const)
      assert.deepEqual(await report(messages), {
        reason: "NotLoaded",
        message: `db started empty, and migrations went on: ${why}`,
      });
  });

  it("is that the volume was made from a snapshot, or why not, by what its claim says", async () => {
    const snapshot = { namespace: "golden", name: "shop", required: false };
    const ofClaim = (claim: object | undefined, facts: object, seed?: typeof SEED) => {
      const run = (_program: string, args: readonly string[]): Promise<CommandResult> => {
        const status = { containerStatuses: [{ state: { terminated: { message: "loaded" } } }] };
        const found = args.includes("pods") ? { items: [{ status }] } : claim;
        return Promise.resolve({ code: 0, stdout: found ? JSON.stringify(found) : "", stderr: "" });
      };
      const dataStores = { db: { engine: "postgres", snapshot, ...(seed ? { seed } : {}) } } as const;
      const reader = { kubectl: "kubectl", access: {}, env: {}, run };
      return reportSeed({ reader, namespace: "preview-shop", description: description({ dataStores }), facts });
    };
    const claim = (spec: object) => ({ kind: "PersistentVolumeClaim", metadata: { name: "db-data" }, spec });
    const restored = claim({ dataSource: { kind: "VolumeSnapshot", name: "db-seed" } });
    assert.equal((await ofClaim(restored, {}))?.reason, "Restored");
    const empty = await ofClaim(claim({}), { snapshots: { db: { missing: "it is gone" } } });
    assert.deepEqual(empty, { reason: "NotLoaded", message: "db started empty, and migrations went on: it is gone" });
    assert.equal((await ofClaim(claim({}), {}, SEED))?.reason, "Loaded", "something was loaded instead");
    assert.equal(await ofClaim(undefined, {}), undefined);
  });

  it("is not told anew where there were tables, no pod is left, or the cluster does not answer", async () => {
    assert.equal(await report(["", ""]), undefined);
    assert.equal(await report([]), undefined);
    assert.equal(await report(["", "loaded"], description(), 1), undefined);
  });

  it("is not asked for where there is none, or nothing runs", async () => {
    const before = asked.length;
    assert.equal(await report(["", "loaded"], description({ asleep: true })), undefined);
    assert.equal(await report(["", "loaded"], description({ dataStores: { db: { engine: "postgres" } } })), undefined);
    assert.equal(asked.length, before);
  });
});
