import assert from "node:assert/strict";
import { GarbageCollection } from "../../../platform/garbage-collection.ts";
import { leadTerm } from "../../../platform/term.ts";
import { settle } from "./scripted-clock.ts";
import { createEnvironment, environmentOf, newWorld, startService } from "./service.ts";

describe("a leader's term", () => {
  it("lets running updates finish when the service is asked to end, and starts nothing more", async () => {
    const { world, stop, ended } = await lead();
    stop.abort();
    createEnvironment(world, "two");
    await world.clock.advance(30_000);
    assert.equal(world.runner.started.length, 1);
    world.runner.of("preview-one").end({ ok: true });
    await ended;
    assert.equal(environmentOf(world, "one")?.status?.phase, "Ready", "its end is written down");
    assert.equal(environmentOf(world, "two")?.status?.phase, "Provisioning");
  });

  it("cancels what does not finish in time, and leaves it to the next leader", async () => {
    const { world, stop, ended } = await lead();
    stop.abort();
    await world.clock.advance(59_000);
    assert.equal(world.runner.started[0]?.cancelled, undefined);
    await world.clock.advance(1_000);
    assert.equal(world.runner.started[0]?.cancelled, "the service ends");
    await ended;
    assert.equal(environmentOf(world, "one")?.status?.operation, undefined);

    await startService(world);
    await world.clock.advance(10_000);
    assert.equal(world.runner.of("preview-one").request.kind, "apply");
  });

  it("waits for an update that was just about to start", async () => {
    const { world, stop, ended } = await lead();
    const { api, runner } = world;
    runner.of("preview-one").end({ ok: true });
    await settle();
    api.before = async (method, path) => {
      if (method !== "PUT" || !path.endsWith("/two/status")) return;
      api.before = () => undefined;
      stop.abort();
      await settle();
    };
    createEnvironment(world, "two");
    await settle();
    await settle();
    runner.of("preview-two").end({ ok: true });
    await ended;
    assert.equal(environmentOf(world, "two")?.status?.phase, "Ready");
  });

  it("ends at once when nothing runs", async () => {
    const { world, stop, ended } = await lead();
    world.runner.of("preview-one").end({ ok: true });
    await settle();
    stop.abort();
    await ended;
    assert.equal(world.clock.timers, 0, "nothing keeps the process from ending");
  });

  it("writes nothing more when the Lease is lost, and cancels what runs before another may lead", async () => {
    const { world, lost, ended } = await lead();
    world.runner.stubborn = true;
    lost.abort();
    await settle();
    const written = world.api.writes.length;
    assert.equal(world.runner.started[0]?.cancelled, "another replica is about to lead");
    await world.clock.advance(4_000);
    await ended;
    world.runner.of("preview-one").end({ ok: true });
    await world.clock.advance(60_000);
    const later = world.api.writes.slice(written).filter((write) => write.endsWith("/status"));
    assert.deepEqual(later, []);
  });

  it("forgets in a new term what ended after the one before", async () => {
    const { world, lost, ended, service } = await lead();
    world.runner.stubborn = true;
    lost.abort();
    await world.clock.advance(4_000);
    await ended;
    world.runner.of("preview-one").end({ ok: true });
    await settle();
    const environment = environmentOf(world, "one");
    assert.ok(environment);
    assert.notEqual(service.operations.ended(environment), undefined);
    service.operations.open();
    assert.equal(service.operations.ended(environment), undefined);
  });
});

/** A leader with an update that runs on environment "one". */
async function lead() {
  const world = newWorld();
  const service = await startService(world);
  const { environments, operations, reconciler, log } = service;
  const { clock } = world;
  const garbage = new GarbageCollection({
    world: {
      listStacks: () => Promise.resolve([]),
      listNamespaces: () => Promise.resolve([]),
      deleteNamespace: () => Promise.resolve(),
      readReport: () => Promise.resolve(new Map()),
      writeReport: () => Promise.resolve(),
    },
    environments,
    operations,
    settings: () => ({ intervalMs: 3_600_000, graceMs: 0, dryRun: false }),
    clock,
    log,
    found: () => undefined,
  });
  const [stop, lost] = [new AbortController(), new AbortController()];
  const ended = leadTerm(
    { reconciler, operations, garbage, clock, log, drainMs: () => 60_000 },
    lost.signal,
    stop.signal,
  );
  createEnvironment(world, "one");
  await settle();
  assert.equal(world.runner.running.size, 1);
  return { world, service, stop, lost, ended };
}
