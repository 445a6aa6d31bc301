import assert from "node:assert/strict";
import fc from "fast-check";
import { admit } from "../../../../platform/domain/admission.ts";
import { describe as describeEnvironment } from "../../../../platform/domain/describe.ts";
import { mapValues, sleepPatch, wakePatch, type PreviewEnvironment } from "../../../../spec/index.ts";
import { environment, REPOSITORY, settings } from "./situations.ts";
import { isBad, World, type Fault } from "./world.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const REPOSITORIES = [REPOSITORY, "https://git.example.com/team/blog"];
const HOUR = 3_600_000;
/** How many worlds are tried; TERRARIUM_WORLDS=3000 for a long search. */
const WORLDS = Number(process.env["TERRARIUM_WORLDS"] ?? 40);
/** When the search, or the search for a smaller world that fails, is broken off. */
const LONGEST_MS = 1_000 * Math.max(60, WORLDS);

/** Something that people, the platform's operators or fate do. */
type Step =
  | {
      readonly do: "create";
      readonly name: string;
      readonly repository: string;
      readonly owner?: string;
      readonly ttl?: string;
    }
  | { readonly do: "commit"; readonly name: string; readonly commit?: string }
  | { readonly do: "delete" | "touch" | "drift" | "request" | "sleep" | "wake"; readonly name: string }
  | { readonly do: "schedule"; readonly name: string; readonly sleep: string; readonly wake?: string }
  | { readonly do: "fault"; readonly name: string; readonly fault: Fault }
  | { readonly do: "crash"; readonly ms: number }
  | { readonly do: "crash-after"; readonly steps: number }
  | { readonly do: "redescribe" | "forget-repository"; readonly version: number }
  | { readonly do: "advance" | "jump"; readonly ms: number };

const name = fc.constantFrom(...NAMES);
/** Good ones, one whose update can't succeed, and none, which is an object that can't be carried out. */
const commit = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((n) => String(n).padStart(40, "0")),
  fc.constant(`${"0".repeat(37)}bad`),
  fc.constant(undefined),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      name,
      repository: fc.constantFrom(...REPOSITORIES),
      owner: fc.constantFrom("ann", "bob", undefined),
      ttl: fc.constantFrom(undefined, undefined, "30m", "3h"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("commit" as const), name, commit }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "touch" as const, "drift" as const), name }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      name,
      fault: fc.constantFrom<Fault>("transient", "waiting", "hangs", "lost"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), ms: fc.integer({ min: 1, max: 60_000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("crash-after" as const), steps: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("request" as const, "request" as const, "sleep" as const, "wake" as const),
      name,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("schedule" as const),
      name,
      sleep: fc.constantFrom("*/10 * * * *", "30 12-14 * * sun"),
      wake: fc.constantFrom("5-59/10 * * * *", undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("redescribe" as const, "forget-repository" as const),
      version: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 60_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("jump" as const), ms: fc.integer({ min: -30_000, max: 2 * HOUR }) }),
  },
);

function described(version: number) {
  const { base: shop } = settings().repositories[REPOSITORY] ?? {};
  const services = mapValues(shop?.services ?? {}, (service) => ({ ...service, expose: {} }));
  const base = { ...shop, services, application: `v${version}` };
  const known = { base, images: { "team/shop": "{commit}" } };
  return Object.fromEntries(REPOSITORIES.map((address) => [address, known]));
}

function play(world: World, happening: Step): void {
  const change = (name: string, differing: Partial<PreviewEnvironment["spec"]>): void => {
    const object = world.objects.get(name);
    if (!object) return;
    const { metadata, spec } = object;
    const generation = metadata.generation + 1;
    world.objects.set(name, { ...object, metadata: { ...metadata, generation }, spec: { ...spec, ...differing } });
    world.changed(name);
  };
  const everyChanged = (): void => {
    for (const each of world.objects.keys()) world.changed(each);
  };
  switch (happening.do) {
    case "create": {
      if (world.objects.has(happening.name)) return;
      const { name, owner, ttl, repository } = happening;
      const creationTimestamp = new Date(world.now).toISOString();
      const source = { repository, branch: "main", commit: "1".repeat(40) };
      const metadata = { creationTimestamp, finalizers: [], uid: `${name} at ${world.now}` };
      world.objects.set(name, environment({ name, metadata, spec: { source, owner, ttl } }));
      return world.changed(name);
    }
    case "commit": {
      const source = world.objects.get(happening.name)?.spec.source;
      return source && change(happening.name, { source: { ...source, commit: happening.commit } });
    }
    case "delete":
      return world.delete(happening.name);
    case "touch":
      return change(happening.name, {});
    case "request": {
      const object = world.objects.get(happening.name);
      if (object?.status === undefined) return;
      const lastRequestAt = new Date(world.now).toISOString();
      world.objects.set(happening.name, { ...object, status: { ...object.status, lastRequestAt } });
      return world.changed(happening.name);
    }
    case "sleep":
    case "wake": {
      const object = world.objects.get(happening.name);
      const patch = happening.do === "sleep" ? sleepPatch : wakePatch;
      const { spec } = object
        ? (patch(object, new Date(world.now)) as { spec: Partial<PreviewEnvironment["spec"]> })
        : { spec: {} };
      return change(happening.name, { sleep: { ...object?.spec.sleep, ...spec.sleep } });
    }
    case "schedule": {
      const { sleep, wake } = happening;
      const known = world.objects.get(happening.name)?.spec.sleep;
      return change(happening.name, { sleep: { ...known, schedule: { sleep, wake } } });
    }
    case "drift": {
      const stack = world.stacks.get(happening.name);
      if (stack) stack.isDrifted = true;
      return;
    }
    case "fault":
      world.faults.set(happening.name, [...(world.faults.get(happening.name) ?? []), happening.fault]);
      return;
    case "crash":
      return world.crash(happening.ms);
    case "crash-after":
      world.crashAfterSteps = happening.steps;
      return;
    case "redescribe":
      world.settings = { ...world.settings, repositories: described(happening.version) };
      return everyChanged();
    case "forget-repository":
      world.settings = { ...world.settings, repositories: {} };
      return everyChanged();
    case "advance":
      return world.advance(happening.ms);
    case "jump":
      world.now += happening.ms;
  }
}

/** Waits for as long as the longest backoff and look for drift take, and then until nothing is under way. */
function settle(world: World): void {
  world.advance(HOUR);
  for (let minutes = 0; minutes < 20 && !world.isCalm; minutes++) world.advance(60_000);
  assert.ok(world.isCalm, JSON.stringify([...world.objects.values()].map(({ status }) => status)));
}

/** Ends all mischief, mends what is wrong, and wakes everybody for as long as the world is looked at. */
function calm(world: World): void {
  world.faults.clear();
  world.crashAfterSteps = Infinity;
  play(world, { do: "redescribe", version: 9 });
  for (const [name, { spec }] of world.objects) {
    const { commit } = spec.source;
    play(world, { do: "wake", name });
    const { sleepAt, wakeAt } = world.objects.get(name)?.spec.sleep ?? {};
    const object = world.objects.get(name);
    if (object)
      world.objects.set(name, { ...object, spec: { ...object.spec, sleep: { idleAfter: "never", sleepAt, wakeAt } } });
    if (commit === undefined || isBad(commit)) play(world, { do: "commit", name, commit: "2".repeat(40) });
  }
}

/** A situation in which everything that was wanted, and could be had, is there, and nothing else. */
function checkCalm(world: World): void {
  const verdicts = admit(world.objects.values(), world.settings);
  for (const [name, object] of world.objects) {
    if (object.status?.phase === "Queued") {
      const { position } = object.status;
      assert.equal(verdicts.get(name)?.admitted, false, `${name} waits for nothing`);
      assert.deepEqual({ position }, { position: (verdicts.get(name) as { position: number }).position });
      assert.ok(world.stacks.get(name)?.isAsleep !== false, `${name} runs without a place`);
      continue;
    }
    assert.equal(object.status?.phase, "Ready", `${name}: ${JSON.stringify(object.status)}`);
    const wanted = describeEnvironment(object, world.settings);
    assert.ok(wanted.ok);
    const runs = { fingerprint: wanted.fingerprint, isAsleep: false, isDrifted: false };
    assert.deepEqual(world.stacks.get(name), runs, name);
    assert.equal(object.status.applied, wanted.fingerprint);
    assert.equal(object.status.commit, object.spec.source.commit);
  }
  for (const name of world.stacks.keys()) assert.ok(world.objects.has(name), `the stack of ${name} is left over`);
}

describe("A world that the decisions drive", () => {
  it("gets to what is wanted whatever befalls it, and never breaks a rule on the way", function () {
    this.timeout(2 * LONGEST_MS);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), fc.nat(1_000_000), (steps, seed) => {
        const world = new World(
          settings({
            repositories: described(1),
            caps: { global: 3, perRepository: 2, perUser: 2 },
            drift: { mode: "repair", intervalMs: HOUR / 3 },
            retry: { waitingMs: 15_000, firstMs: 10_000, maxMs: 600_000 },
            url: "https://{name}.preview.example.com",
            sleep: { idleAfterMs: HOUR / 2, activator: { namespace: "terrarium", labels: { app: "activator" } } },
          }),
          seed,
        );
        for (const each of steps) play(world, each);

        calm(world);
        settle(world);
        checkCalm(world);

        // With the caps lifted nobody waits any more.
        world.settings = { ...world.settings, caps: {} };
        settle(world);
        checkCalm(world);
        for (const [name, { status }] of world.objects) assert.equal(status?.phase, "Ready", name);

        // And then there is next to nothing to do.
        const before = world.decisions;
        world.advance(2 * HOUR);
        const each = (world.decisions - before) / Math.max(1, world.objects.size);
        assert.ok(each <= 60, `${each} decisions about each environment in two hours of calm`);
      }),
      { numRuns: WORLDS, interruptAfterTimeLimit: LONGEST_MS },
    );
  });
});
