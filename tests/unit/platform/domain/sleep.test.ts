import assert from "node:assert/strict";
import fc from "fast-check";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { decide, type Decision, type DomainSettings, type Situation } from "../../../../platform/domain/decide.ts";
import { sleepPatch, wakePatch, type PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { next, source } from "./first-update.ts";
import { after, commit, environment, failure, NOW, REPOSITORY, settings } from "./situations.ts";

const HOUR = 3600;

/** The platform's settings with an activator: a page, and a Postgres. */
function withActivator(differing: Partial<DomainSettings["sleep"]> = {}): DomainSettings {
  const base = {
    services: { web: { image: "team/shop:1.0.0", calls: ["postgres"], expose: { paths: ["/", "/api"] } } },
    dataStores: { postgres: { engine: "postgres" as const } },
    migrations: { schema: { dataStore: "postgres", image: "team/shop:1.0.0", command: ["migrate"] } },
    network: { gateway: { name: "public", namespace: "gateways" } },
  };
  return settings({
    repositories: { [REPOSITORY]: { base, images: { "team/shop": "{commit}" } } },
    url: "https://{name}.preview.example.com",
    sleep: { activator: { namespace: "terrarium", labels: { app: "activator" } }, ...differing },
  });
}

/** Carries decisions out until nothing more is to be done; every update succeeds. */
function live(
  status: PreviewEnvironmentStatus,
  seconds: number,
  differing: Partial<Situation> & Pick<Parameters<typeof next>[1] & object, "parts"> = {},
): Decision {
  const options = { settings: withActivator(), ...differing, seconds };
  let decision = next(status, options);
  for (let steps = 0; steps < 9 && (decision.actions.length > 0 || decision.requeueAfterMs === 1); steps++) {
    const [action] = decision.actions;
    if (action?.do === "start") {
      const { request, fingerprint } = action;
      const ended = { request, fingerprint, outcome: { ok: true as const }, at: after(seconds) };
      decision = next(decision.status, { ...options, ended });
    } else decision = next(decision.status, options);
  }
  return decision;
}

function described(decision: Decision) {
  const [action] = decision.actions;
  return action?.do === "start" ? action.request.description : undefined;
}

const awake = live({}, 0).status;

/** Its `spec.sleep`. */
function sleeping(sleep: object) {
  return { parts: { spec: { sleep } } };
}

describe("An environment that is put to sleep", () => {
  const asked = sleeping({ sleepAt: after(10).toISOString() });
  const falls = next(awake, { ...asked, settings: withActivator(), seconds: 10 });
  const sleeps = live(awake, 10, asked).status;

  it("gets a description in which it sleeps, and says so while that is applied", () => {
    assert.equal(described(falls)?.asleep, true);
    assert.deepEqual([falls.status.phase, conditionOf(falls.status, "Asleep")?.reason], ["Provisioning", "Requested"]);
    assert.match(conditionOf(falls.status, "Ready")?.message ?? "", /^It is being put to sleep/);
    assert.equal(conditionOf(falls.status, "Admitted")?.status, "True", "it gives its place away before it sleeps");
  });

  it("is Asleep then, not Ready, and takes no place", () => {
    assert.equal(sleeps.phase, "Asleep");
    assert.deepEqual(
      sleeps.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      [
        "Ready False Asleep",
        "Admitted False Asleep",
        "Asleep True Requested",
        "InSync Unknown NotChecked",
        "Expiring False NotExpiring",
      ],
    );
    assert.deepEqual(next(sleeps, { ...asked, settings: withActivator(), seconds: 11 }).actions, []);
  });

  it("does so at the time that was named, and not before", () => {
    const early = next(awake, { ...asked, settings: withActivator(), seconds: 4 });
    assert.deepEqual([early.actions, early.requeueAfterMs, early.status.phase], [[], 6_000, "Ready"]);
  });

  it("stays asleep when drift is repaired or its commit changes", () => {
    const drift = { mode: "repair", intervalMs: HOUR * 1000 } as const;
    const request = {
      id: "detect-drift-1",
      kind: "detect-drift",
      stack: "preview-shop-1",
      namespace: "preview-shop-1",
    } as const;
    const outcome = { ok: true, drift: ["Deployment/web: spec.replicas"] } as const;
    const found = next(sleeps, {
      ...asked,
      settings: { ...withActivator(), drift },
      ended: { request, outcome, at: after(60) },
      seconds: 60,
    });
    assert.equal(described(found)?.asleep, true);
    assert.deepEqual([found.status.phase, conditionOf(found.status, "InSync")?.reason], ["Asleep", "Drifted"]);

    const spec = { ...asked.parts.spec, source: { ...source, commit: commit(2) } };
    const pushed = next(sleeps, { settings: withActivator(), parts: { spec }, seconds: 60 });
    assert.equal(described(pushed)?.asleep, true);
    assert.equal(conditionOf(pushed.status, "Admitted")?.status, "False", "it needs no place to stay asleep");
  });

  it("is deleted when its time to live ends, as if it were awake", () => {
    const ttl = { warningMs: 1000, defaultMs: (HOUR + 60) * 1000 };
    const options = { ...asked, settings: { ...withActivator(), ttl } };
    const warned = next(sleeps, { ...options, seconds: 59 });
    assert.equal(next(warned.status, { ...options, seconds: 60 }).actions[0]?.do, "delete-object");
  });

  it("is destroyed when it is deleted, also while it waits to wake", () => {
    const metadata = { deletionTimestamp: after(70).toISOString() };
    const gone = (status: PreviewEnvironmentStatus) =>
      next(status, { parts: { ...asked.parts, metadata }, settings: withActivator(), seconds: 70 }).actions[0];
    const admission = { admitted: false, position: 1, reason: "GlobalCap" } as const;
    const waits = live({ ...sleeps, lastRequestAt: after(30).toISOString() }, 30, { ...asked, admission });
    assert.equal(waits.status.phase, "Queued");
    for (const status of [sleeps, waits.status]) {
      const action = gone(status);
      assert.ok(action?.do === "start" && action.request.kind === "destroy");
    }
  });

  it("tries again when the update that puts it to sleep fails or is lost", () => {
    const [action] = falls.actions;
    assert.ok(action?.do === "start");
    const { request, fingerprint } = action;
    const outcome = failure("ClusterUnavailable", "transient");
    const options = { ...asked, settings: withActivator() };
    const failed = next(falls.status, {
      ...options,
      ended: { request, fingerprint, outcome, at: after(20) },
      seconds: 20,
    });
    assert.equal(failed.status.phase, "Failed");
    assert.equal(described(next(failed.status, { ...options, seconds: 40 }))?.asleep, true);
    assert.equal(described(next(falls.status, { ...options, seconds: 40 }))?.asleep, true);
  });
});

describe("An environment that is woken", () => {
  const asked = sleeping({ sleepAt: after(10).toISOString() });
  const sleeps = live(awake, 10, asked).status;
  const requested = { ...sleeps, lastRequestAt: after(60).toISOString() };

  it("by a request for one of its pages joins the line, gets its place and comes up as it was", () => {
    const joined = next(requested, { ...asked, settings: withActivator(), seconds: 60 });
    assert.deepEqual([joined.status.phase, joined.actions, joined.requeueAfterMs], ["Queued", [], 1]);
    const starts = next(joined.status, { ...asked, settings: withActivator(), seconds: 60 });
    assert.equal(described(starts)?.asleep, undefined);
    assert.equal(conditionOf(starts.status, "Admitted")?.status, "True");
    const up = live(requested, 60, asked).status;
    assert.deepEqual([up.phase, up.applied, conditionOf(up, "Asleep")?.reason], ["Ready", awake.applied, "Awake"]);
  });

  it("waits with its place in line where caps leave none", () => {
    const admission = { admitted: false, position: 2, reason: "UserCap" } as const;
    const { status, actions } = live(requested, 60, { ...asked, admission });
    assert.deepEqual([status.phase, status.position, actions], ["Queued", 2, []]);
    assert.equal(conditionOf(status, "Admitted")?.reason, "UserCap");
  });

  it("by a command wakes as well", () => {
    const at = { sleepAt: after(10).toISOString(), wakeAt: after(61).toISOString() };
    assert.equal(live(sleeps, 61, sleeping(at)).status.phase, "Ready");
    assert.equal(live(sleeps, 60, sleeping(at)).status.phase, "Asleep");
  });

  it("while it falls asleep keeps its place, and wakes when that update has ended", () => {
    const falls = next(awake, { ...asked, settings: withActivator(), seconds: 10 });
    const [action] = falls.actions;
    assert.ok(action?.do === "start");
    const { request, fingerprint } = action;
    const status = { ...falls.status, lastRequestAt: after(12).toISOString() };
    const running = { request, fingerprint, startedAt: after(10), cancelling: false, latest: {} };
    const meanwhile = next(status, { ...asked, settings: withActivator(), running, seconds: 12 });
    assert.deepEqual([meanwhile.actions, meanwhile.status.phase], [[], "Provisioning"]);
    const ended = { request, fingerprint, outcome: { ok: true as const }, at: after(20) };
    const then = next(meanwhile.status, { ...asked, settings: withActivator(), ended, seconds: 20 });
    assert.equal(described(then)?.asleep, undefined);
    assert.equal(then.actions[0]?.do, "start", "it stood in line although it has its place");
  });
});

describe("Idleness", () => {
  const idle = { settings: withActivator({ idleAfterMs: HOUR * 1000 }) };

  it("puts an environment to sleep that nobody has asked for pages for so long, counted from when it was ready", () => {
    assert.equal(next(awake, { ...idle, seconds: HOUR - 1 }).requeueAfterMs, 1000);
    const { status } = live(awake, HOUR, idle);
    assert.deepEqual([status.phase, conditionOf(status, "Asleep")?.reason], ["Asleep", "Idle"]);
    assert.equal(live(status, 9 * HOUR, idle).status.phase, "Asleep");
  });

  it("begins anew with each request", () => {
    const used = { ...awake, lastRequestAt: after(1800).toISOString() };
    assert.equal(live(used, HOUR, idle).status.phase, "Ready");
    assert.equal(live(used, HOUR + 1800, idle).status.phase, "Asleep");
  });

  it("is what the environment says before it is what the platform says", () => {
    const of = (idleAfter: string, seconds: number) =>
      live(awake, seconds, { ...idle, ...sleeping({ idleAfter }) }).status.phase;
    assert.deepEqual([of("never", 99 * HOUR), of("30m", 1800), of("2h", HOUR)], ["Ready", "Asleep", "Ready"]);
  });

  it("counts for nothing where nobody sees requests", () => {
    const blind = settings({ sleep: { idleAfterMs: 1000 } });
    const ready = live({}, 0, { settings: blind }).status;
    assert.equal(live(ready, HOUR, { settings: blind }).status.phase, "Ready");
    const hidden = { ...idle.settings, repositories: settings().repositories };
    assert.equal(live(live({}, 0, { settings: hidden }).status, HOUR, { settings: hidden }).status.phase, "Ready");
  });
});

describe("A schedule", () => {
  // The examples take place on a Sunday at noon.
  const schedule = { sleep: "0 13 * * *", wake: "0 15 * * *", timeZone: "Etc/UTC" };

  it("puts an environment to sleep and wakes it, unless a request came in between", () => {
    const by = sleeping({ schedule });
    assert.equal(next(awake, { ...by, settings: withActivator(), seconds: HOUR - 5 }).requeueAfterMs, 5_000);
    const sleeps = live(awake, HOUR, by).status;
    assert.deepEqual([sleeps.phase, conditionOf(sleeps, "Asleep")?.reason], ["Asleep", "Scheduled"]);
    assert.equal(live(sleeps, 3 * HOUR, by).status.phase, "Ready");
    const used = { ...sleeps, lastRequestAt: after(1.5 * HOUR).toISOString() };
    assert.equal(live(used, 1.5 * HOUR, by).status.phase, "Ready");
  });

  it("is the platform's where an environment has none", () => {
    assert.equal(live(awake, HOUR, { settings: withActivator({ schedule }) }).status.phase, "Asleep");
  });

  it("in a time zone that is none is refused", () => {
    const { status } = next(awake, {
      ...sleeping({ schedule: { ...schedule, timeZone: "Europe/Atlantis" } }),
      settings: withActivator(),
    });
    assert.equal(conditionOf(status, "Ready")?.reason, "InvalidSpec");
    assert.match(conditionOf(status, "Ready")?.message ?? "", /sleep\.schedule\.timeZone: got "Europe\/Atlantis"/);
  });
});

describe("Whether an environment sleeps", () => {
  it("is what happened last, whatever came before", () => {
    const event = fc.record({
      what: fc.constantFrom("request" as const, "sleep" as const, "wake" as const),
      seconds: fc.integer({ min: 1, max: 600 }),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
        let object = environment({ status: awake });
        let at = 0;
        for (const { what, seconds } of events) {
          at += seconds;
          const now = after(at);
          if (what === "request")
            object = { ...object, status: { ...object.status, lastRequestAt: now.toISOString() } };
          else {
            const patch = (what === "sleep" ? sleepPatch : wakePatch)(object, now) as { spec: { sleep: object } };
            object = { ...object, spec: { ...object.spec, sleep: { ...object.spec.sleep, ...patch.spec.sleep } } };
          }
          const decision = live(object.status ?? {}, at + 1, { parts: { spec: object.spec } });
          object = { ...object, status: decision.status };
          assert.equal(decision.status.phase, what === "sleep" ? "Asleep" : "Ready");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("says where requests go, and lets nobody in but the activator", () => {
    assert.deepEqual(awake.routes, [
      { path: "/", service: "web", port: 8080 },
      { path: "/api", service: "web", port: 8080 },
    ]);
    const network = described(decide({ ...firstSituation(), settings: withActivator() }))?.network;
    assert.deepEqual(network, { gateway: undefined, ingressNamespace: "terrarium", ingressPods: { app: "activator" } });
    assert.equal(live({}, 0, { settings: settings() }).status.routes, undefined);
  });
});

function firstSituation(): Situation {
  return { environment: environment(), now: NOW, random: 0, admission: { admitted: true }, settings: settings() };
}
