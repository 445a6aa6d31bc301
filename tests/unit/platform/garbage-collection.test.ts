import assert from "node:assert/strict";
import { garbageReport, readLeftovers } from "../../../platform/adapters/kubernetes/garbage-report.ts";
import { deleteNamespace, listNamespaces } from "../../../platform/adapters/kubernetes/namespaces.ts";
import { GarbageCollection, type GarbageSettings } from "../../../platform/garbage-collection.ts";
import { settle } from "./scripted-clock.ts";
import { createEnvironment, newWorld, startService } from "./service.ts";

const EVERY_MS = 600_000;

describe("garbage collection", () => {
  it("reports a stack that no environment wants, and removes it at a later search", async () => {
    const { clock, runner, log, stacks } = await start();
    stacks.push("preview-gone");
    await clock.advance(EVERY_MS);
    assert.equal(runner.started.length, 0);
    assert.ok(log.lines.includes("warn no environment wants this"));
    await clock.advance(EVERY_MS);
    assert.deepEqual(
      runner.started.map(({ request }) => [request.kind, request.stack]),
      [["destroy", "preview-gone"]],
    );
  });

  it("remembers across restarts what was reported", async () => {
    const { world, clock, runner, stacks, end } = await start();
    stacks.push("preview-gone");
    await clock.advance(EVERY_MS);
    end();
    await start({}, world, stacks);
    await clock.advance(EVERY_MS);
    assert.equal(runner.started.length, 1);
  });

  it("removes a namespace that has no stack, and touches none that merely has such a name", async () => {
    const { clock, world } = await start();
    const own = { "terrarium.dev/environment": "gone", "terrarium.dev/platform": "terrarium" };
    const create = (name: string, more: object) => {
      const labels = { "app.kubernetes.io/managed-by": "terrarium", ...more };
      world.api.create("/api/v1/namespaces", { metadata: { name, ...{ labels } } }, clock.now());
    };
    create("preview-gone", own);
    create("preview-gone-logs", own);
    create("preview-of-people", { "app.kubernetes.io/instance": "preview-of-people" });
    create("preview-other", { ...own, "terrarium.dev/platform": "another-platform" });
    await clock.advance(2 * EVERY_MS);
    assert.deepEqual(
      [...world.api.objects.keys()].filter((path) => /^\/api\/v1\/namespaces\/preview-[a-z-]+$/.test(path)),
      ["/api/v1/namespaces/preview-of-people", "/api/v1/namespaces/preview-other"],
    );
    const { removed } = await readLeftovers(world.api, "terrarium");
    assert.deepEqual(
      removed.map(({ key, reportedAt, at }) => [key, at.getTime() - reportedAt.getTime()]),
      [
        ["namespace/preview-gone", EVERY_MS],
        ["namespace/preview-gone-logs", EVERY_MS],
      ],
    );
  });

  it("spares the namespaces of an environment that came back between the look and the removal", async () => {
    const { clock, world } = await start();
    const labels = {
      "app.kubernetes.io/managed-by": "terrarium",
      "terrarium.dev/environment": "back",
      "terrarium.dev/platform": "terrarium",
    };
    for (const name of ["preview-back", "preview-back-logs"])
      world.api.create("/api/v1/namespaces", { metadata: { name, ...{ labels } } }, clock.now());
    await clock.advance(EVERY_MS);
    world.api.before = (method, path) => {
      if (method === "DELETE" && path.endsWith("/preview-back")) createEnvironment(world, "back");
    };
    await clock.advance(EVERY_MS);
    assert.ok(world.api.objects.has("/api/v1/namespaces/preview-back-logs"));
  });

  it("removes nothing of an environment that is there, that came meanwhile, or when nothing is to be removed", async () => {
    const { world, clock, runner, stacks } = await start();
    createEnvironment(world, "one");
    await settle();
    runner.of("preview-one").end({ ok: true });
    stacks.push("preview-one", "preview-two", "a-stack-of-people");
    await clock.advance(EVERY_MS);
    createEnvironment(world, "two");
    await clock.advance(10 * EVERY_MS);
    assert.deepEqual(
      runner.started.map(({ request }) => `${request.kind} ${request.stack}`),
      ["apply preview-one", "apply preview-two"],
    );

    const dry = await start({ dryRun: true });
    dry.stacks.push("preview-gone");
    await dry.clock.advance(10 * EVERY_MS);
    assert.equal(dry.runner.started.length, 0);
  });

  it("removes nothing while a listing fails", async () => {
    const { world, clock, runner, stacks } = await start();
    stacks.push("preview-gone");
    await clock.advance(EVERY_MS);
    world.api.refuse = (method, path) => (method === "GET" && path.endsWith("/environments") ? 500 : undefined);
    await clock.advance(10 * EVERY_MS);
    assert.equal(runner.started.length, 0);
  });

  it("removes nothing that came to be wanted while another removal ran", async () => {
    const { world, clock, runner, stacks } = await start();
    stacks.push("preview-gone", "preview-two");
    await clock.advance(2 * EVERY_MS);
    const removal = runner.of("preview-gone");
    createEnvironment(world, "two");
    await settle();
    runner.of("preview-two").end({ ok: true });
    await settle();
    removal.end({ ok: true });
    await settle();
    assert.equal(runner.running.size, 0);
    assert.equal(runner.started.length, 2);
  });

  it("lets a new environment wait until the old stack of its name is gone", async () => {
    const { world, clock, runner, stacks } = await start();
    stacks.push("preview-one");
    await clock.advance(2 * EVERY_MS);
    const removal = runner.of("preview-one");
    createEnvironment(world, "one");
    await clock.advance(60_000);
    assert.equal(runner.running.size, 1);
    removal.end({ ok: true });
    await clock.advance(1);
    assert.equal(runner.of("preview-one").request.kind, "apply");
    assert.deepEqual(runner.doubled, []);
  });
});

async function start(change: Partial<GarbageSettings> = {}, world = newWorld(), stacks: string[] = []) {
  const { api, clock, runner } = world;
  const { environments, operations, log } = await startService(world);
  const garbage = new GarbageCollection({
    world: {
      listStacks: () => Promise.resolve(stacks),
      listNamespaces: () => listNamespaces(api, "terrarium"),
      deleteNamespace: (name) => deleteNamespace(api, name),
      ...garbageReport(api, "terrarium"),
    },
    environments,
    operations,
    settings: () => ({ intervalMs: EVERY_MS, graceMs: 1, dryRun: false, ...change }),
    clock,
    log,
    found: () => undefined,
  });
  const ended = new AbortController();
  void garbage.run(ended.signal);
  return { world, clock, runner, log, stacks, end: () => ended.abort() };
}
