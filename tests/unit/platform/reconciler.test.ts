import assert from "node:assert/strict";
import { settle } from "./scripted-clock.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { createEnvironment, environmentOf, newWorld, PATH, startService, type World } from "./service.ts";

describe("the reconciler", () => {
  it("drives an environment from its creation to Ready, and to its end when it is deleted", async () => {
    const world = newWorld();
    const { clock, api, runner } = world;
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    assert.deepEqual(environmentOf(world, "one")?.metadata.finalizers, ["terrarium.dev/environment"]);
    assert.equal(environmentOf(world, "one")?.status?.phase, "Provisioning");
    assert.equal(runner.of("preview-one").request.kind, "apply");

    runner.of("preview-one").end({ ok: true });
    await settle();
    assert.equal(environmentOf(world, "one")?.status?.phase, "Ready");

    api.delete(`${PATH}/one`);
    await settle();
    assert.equal(runner.of("preview-one").request.kind, "destroy");
    runner.of("preview-one").end({ ok: true });
    await settle();
    assert.equal(environmentOf(world, "one"), undefined);
    await clock.advance(60_000);
    assert.deepEqual(
      runner.started.map(({ request }) => request.kind),
      ["apply", "destroy"],
    );
  });

  it("writes nothing while nothing happens", async () => {
    const { world } = await withReady("one");
    const before = world.api.writes.length;
    await world.clock.advance(24 * 3_600_000);
    assert.equal(world.api.writes.length, before);
  });

  it("writes the status before it starts an operation, and starts none when that fails", async () => {
    const world = newWorld();
    await startService(world);
    let reachable = false;
    world.api.refuse = (method, path) => (!reachable && method === "PUT" && path.endsWith("/status") ? 500 : undefined);
    createEnvironment(world, "one");
    await world.clock.advance(20_000);
    assert.equal(world.runner.started.length, 0);
    reachable = true;
    await world.clock.advance(30_000);
    assert.equal(world.runner.started.length, 1);
    assert.equal(environmentOf(world, "one")?.status?.operation?.id, world.runner.of("preview-one").request.id);
  });

  it("decides anew when somebody changes the object at the same time", async () => {
    const { world } = await withReady("one");
    const { api, runner } = world;
    let edits = 0;
    // The second change comes just before the decision about the first one is written.
    api.before = (method, path) => {
      if (method === "PUT" && path.endsWith("/status") && edits++ === 0) override(world, "one", "second");
    };
    override(world, "one", "first");
    await settle();
    assert.equal(runner.running.size, 1);
    const { description } = runner.of("preview-one").request;
    assert.equal(description?.services?.["web"]?.env?.["VERSION"], "second");
    assert.equal(runner.started.length, 2, "the update to Ready, and one for both changes");
  });

  it("misses no change that was first seen by another look at the object", async () => {
    const { world, environments } = await withReady("one");
    override(world, "one", "new");
    await environments.read("one");
    await settle();
    assert.equal(world.runner.of("preview-one").request.description?.services?.["web"]?.env?.["VERSION"], "new");
  });

  it("tells of an operation's progress, but not more often than every 2 s", async () => {
    const world = newWorld();
    const { clock, api, runner } = world;
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    const statusWrites = () => api.writes.filter((write) => write === `PUT ${PATH}/one/status`).length;
    const before = statusWrites();
    for (let done = 0; done < 100; done++) {
      runner.of("preview-one").say({ type: "progress", done, total: 100, current: "Deployment/web" });
      await clock.advance(100);
    }
    const written = statusWrites() - before;
    assert.ok(written >= 4 && written <= 5, `${written} writes in 10 s`);
    const progress = environmentOf(world, "one")?.status?.operation?.progress;
    assert.match(progress ?? "", /^\d+ of 100: Deployment\/web$/);
  });

  it("lets environments wait in line under a cap, and starts the next as soon as one is gone", async () => {
    const world = newWorld();
    const { api, clock, runner } = world;
    await startService(world, { caps: { global: 1 } });
    createEnvironment(world, "one");
    await clock.advance(1_000);
    createEnvironment(world, "two");
    await clock.advance(1_000);
    createEnvironment(world, "three");
    await settle();
    assert.deepEqual([phaseOf(world, "two"), environmentOf(world, "two")?.status?.position], ["Queued", 1]);
    assert.deepEqual([phaseOf(world, "three"), environmentOf(world, "three")?.status?.position], ["Queued", 2]);
    runner.of("preview-one").end({ ok: true });
    await clock.advance(60_000);
    assert.equal(phaseOf(world, "two"), "Queued", "what runs is never evicted");

    api.delete(`${PATH}/one`);
    await settle();
    runner.of("preview-one").end({ ok: true });
    await settle();
    assert.equal(runner.of("preview-two").request.kind, "apply");
    await clock.advance(5_000);
    assert.equal(environmentOf(world, "three")?.status?.position, 1);
  });

  it("gives no place twice when several environments come at once", async () => {
    const world = newWorld();
    await startService(world, { caps: { global: 3 } });
    for (let number = 0; number < 20; number++) createEnvironment(world, `environment-${number}`);
    await world.clock.advance(60_000);
    assert.equal(world.runner.started.length, 3);
  });

  it("gives a place that is being written down to nobody else", async () => {
    const world = newWorld();
    await startService(world, { caps: { global: 1 } });
    world.api.before = async (method, path) => {
      if (method !== "PUT" || path !== `${PATH}/second/status`) return;
      world.api.before = () => undefined;
      // Of the same second, and before it in the alphabet.
      createEnvironment(world, "first");
      await settle();
    };
    createEnvironment(world, "second");
    await settle();
    await settle();
    assert.deepEqual(
      world.runner.started.map(({ request }) => request.stack),
      ["preview-second"],
    );
    assert.equal(phaseOf(world, "first"), "Queued");
  });

  it("runs no more operations than there is room for, and fills a place as soon as it is free", async () => {
    const world = newWorld();
    const { runner } = world;
    await startService(world, { operations: 2 });
    for (let number = 0; number < 7; number++) createEnvironment(world, `environment-${number}`);
    await settle();
    for (let left = 7; left > 0; left--) {
      assert.equal(runner.running.size, Math.min(left, 2));
      [...runner.running][0]?.end({ ok: true });
      await settle();
    }
    assert.equal(runner.started.length, 7);
    assert.deepEqual(runner.doubled, []);
  });

  it("lets a deletion win over an update that runs", async () => {
    const world = newWorld();
    const { api, runner } = world;
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    api.delete(`${PATH}/one`);
    await settle();
    assert.equal(runner.started[0]?.cancelled, "the environment is being deleted");
    await world.clock.advance(10_000);
    assert.equal(runner.of("preview-one").request.kind, "destroy");
  });

  it("cancels the operation of an object that is gone without a trace", async () => {
    const world = newWorld();
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    const path = `${PATH}/one`;
    const stored = world.api.objects.get(path);
    if (stored) stored.metadata.finalizers = [];
    world.api.delete(path);
    await settle();
    assert.equal(world.runner.started[0]?.cancelled, "its Environment is gone");
  });

  it("takes nothing that ended on an environment for the next one of its name", async () => {
    const world = newWorld();
    const { api, runner } = world;
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    runner.stubborn = true;
    const old = runner.of("preview-one");
    const stored = api.objects.get(`${PATH}/one`);
    if (stored) stored.metadata.finalizers = [];
    api.delete(`${PATH}/one`);
    createEnvironment(world, "one");
    await settle();
    assert.deepEqual(runner.doubled, [], "the old operation ends first");
    old.end({ ok: true });
    await world.clock.advance(10_000);
    assert.equal(phaseOf(world, "one"), "Provisioning");
    assert.equal(runner.of("preview-one").request.kind, "apply");
  });

  it("removes the finalizer after all when the API server did not answer at first", async () => {
    const { world } = await withReady("one");
    const { api, clock, runner } = world;
    api.delete(`${PATH}/one`);
    await settle();
    api.refuse = (method, path) => (method === "PATCH" && path === `${PATH}/one` ? 503 : undefined);
    runner.of("preview-one").end({ ok: true });
    await clock.advance(3_000);
    assert.notEqual(environmentOf(world, "one"), undefined);
    api.refuse = () => undefined;
    await clock.advance(30_000);
    assert.equal(environmentOf(world, "one"), undefined);
    assert.equal(runner.started.length, 2, "the proof of the destroy is not forgotten");
  });

  it("deletes an environment whose time is over, but not one that was extended at that moment", async () => {
    const world = newWorld();
    const { clock, api, runner } = world;
    await startService(world);
    for (const name of ["one", "two"]) createEnvironment(world, name, { ttl: "2h" });
    await settle();
    for (const name of ["one", "two"]) runner.of(`preview-${name}`).end({ ok: true });
    await clock.advance(1.5 * 3_600_000);
    const events = [...api.objects.keys()].filter((path) => path.includes("/events/one."));
    assert.ok(events.length > 0, "people are warned");
    api.before = (method, path) => {
      if (method === "DELETE" && path === `${PATH}/two`)
        api.edit(path, { extendedUntil: new Date(clock.now().getTime() + 86_400_000).toISOString() });
    };
    await clock.advance(0.6 * 3_600_000);
    assert.equal(runner.of("preview-one").request.kind, "destroy");
    assert.equal(environmentOf(world, "two")?.metadata.deletionTimestamp, undefined);
    assert.equal(phaseOf(world, "two"), "Ready");
  });

  it("goes on where another left off that was killed", async () => {
    const world = newWorld();
    const first = await startService(world);
    createEnvironment(world, "one");
    await settle();
    const lost = world.runner.of("preview-one");
    await first.reconciler.stop();
    await first.environments.stop();
    world.runner.running.delete(lost);

    await startService(world);
    await world.clock.advance(10_000);
    assert.equal(world.runner.of("preview-one").request.kind, "apply");
    world.runner.of("preview-one").end({ ok: true });
    await settle();
    assert.equal(phaseOf(world, "one"), "Ready");
  });

  it("begins with whoever waits longest, however often services end before it is their turn", async () => {
    const { world, reconciler, environments } = await withReady("one", "two", "three");
    for (const name of ["three", "two", "one"]) {
      override(world, name, "newer");
      await world.clock.advance(60_000);
    }
    await reconciler.stop();
    await environments.stop();

    const next = { ...world, runner: new ScriptedRunner(world.clock) };
    await startService(next, { operations: 1 });
    for (let left = 3; left > 0; left--) {
      for (const operation of next.runner.running) operation.end({ ok: true });
      await settle();
    }
    assert.deepEqual(
      next.runner.started.map(({ request }) => request.stack),
      ["preview-three", "preview-two", "preview-one"],
    );
  });

  it("keeps the last lines of an operation where people find them", async () => {
    const world = newWorld();
    await startService(world);
    createEnvironment(world, "one");
    await settle();
    const { say, end } = world.runner.of("preview-one");
    for (let line = 1; line <= 300; line++) say({ type: "log", level: "info", message: `line ${line}` });
    end({ ok: true });
    await settle();
    const stored = world.api.objects.get("/api/v1/namespaces/terrarium/configmaps/one-log");
    const { log } = (stored as unknown as { data: { log: string } }).data;
    const lines = log.trimEnd().split("\n");
    assert.equal(lines.length, 200);
    assert.match(lines.at(-1) ?? "", /done$/);
    assert.deepEqual((stored?.metadata as { ownerReferences?: { name: string }[] }).ownerReferences?.[0]?.name, "one");
  });
});

/** A service with environments that are Ready. */
async function withReady(...names: string[]) {
  const world = newWorld();
  const service = await startService(world);
  for (const name of names) {
    createEnvironment(world, name);
    await settle();
    world.runner.of(`preview-${name}`).end({ ok: true });
    await settle();
    assert.equal(phaseOf(world, name), "Ready");
  }
  return { world, ...service };
}

function phaseOf(world: World, name: string): string | undefined {
  return environmentOf(world, name)?.status?.phase;
}

function override(world: World, name: string, version: string): void {
  world.api.edit(`${PATH}/${name}`, { overrides: { services: { web: { env: { VERSION: version } } } } });
}
