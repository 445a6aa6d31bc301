import assert from "node:assert/strict";
import { GarbageCollection } from "../../../platform/garbage-collection.ts";
import { leadTerm } from "../../../platform/term.ts";
import { settle } from "./scripted-clock.ts";
import { createEnvironment, environmentOf, newWorld, PATH, startService } from "./service.ts";

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

  it("leaves what runs on by itself to the next leader, which takes it up", async () => {
    const { world, stop, ended } = await lead({ lasting: true });
    const before = environmentOf(world, "one")?.status;
    const [left] = world.runner.started;
    stop.abort();
    await ended;
    assert.deepEqual([left?.cancelled, left?.isLeft], [undefined, true]);
    assert.deepEqual(environmentOf(world, "one")?.status, before, "its status still tells of it");

    await startService(world);
    const { request } = world.runner.of("preview-one");
    assert.deepEqual({ ...request, id: "" }, { ...left?.request, id: "" }, "the same is asked for again");
    world.runner.of("preview-one").end({ ok: true });
    await settle();
    assert.equal(environmentOf(world, "one")?.status?.phase, "Ready");
    assert.deepEqual(world.runner.doubled, []);
  });

  it("asks for something else instead where a newer commit came before the next leader", async () => {
    const { world, stop, ended } = await lead({ lasting: true });
    stop.abort();
    await ended;
    world.api.edit(`${PATH}/one`, { overrides: { services: { web: { env: { VERSION: "newer" } } } } });
    await startService(world);
    const { description } = world.runner.of("preview-one").request;
    assert.equal(description?.services?.["web"]?.env?.["VERSION"], "newer");
  });

  it("leaves what was just about to start, too", async () => {
    const { world, stop, ended } = await lead({ lasting: true });
    const { api, runner } = world;
    api.before = async (method, path) => {
      if (method !== "PUT" || !path.endsWith("/two/status")) return;
      api.before = () => undefined;
      stop.abort();
      await settle();
    };
    createEnvironment(world, "two");
    await ended;
    assert.deepEqual(
      runner.started.map(({ request, isLeft }) => [request.stack, isLeft]),
      [
        ["preview-one", true],
        ["preview-two", true],
      ],
    );
  });

  it("leaves the removal of a stack that nobody wants, and ends", async () => {
    const { world, stop, ended, stacks } = await lead({ lasting: true });
    stacks.push("preview-gone");
    await world.clock.advance(3 * 3_600_000);
    assert.equal(world.runner.of("preview-gone").request.kind, "destroy");
    stop.abort();
    await ended;
    assert.equal(world.runner.of("preview-gone").isLeft, true);
  });

  it("lets go of it when the Lease is lost, and takes it up when it leads again", async () => {
    const { world, lost, ended, service } = await lead({ lasting: true });
    lost.abort();
    await ended;
    assert.equal(world.runner.of("preview-one").isLeft, true);
    service.operations.open();
    assert.equal(service.operations.running("one"), undefined);
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

/**
 * A leader with an update that runs on environment "one".
 *
 * @param lasting whether operations run on by themselves. @default false
 */
async function lead({ lasting = false } = {}) {
  const world = newWorld();
  world.runner.lasting = lasting;
  const stacks: string[] = [];
  let reported: ReadonlyMap<string, Date> = new Map();
  const service = await startService(world);
  const { environments, operations, reconciler, log } = service;
  const { clock } = world;
  const garbage = new GarbageCollection({
    world: {
      listStacks: () => Promise.resolve(stacks),
      listNamespaces: () => Promise.resolve([]),
      deleteNamespace: () => Promise.resolve(),
      readReport: () => Promise.resolve(reported),
      writeReport: (report) => Promise.resolve(void (reported = report)),
      recordRemoval: () => Promise.resolve(),
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
  return { world, service, stop, lost, ended, stacks };
}
