import assert from "node:assert/strict";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { decide } from "../../../../platform/domain/decide.ts";
import {
  source,
  OTHER,
  DIFF,
  STEPS,
  started,
  FINGERPRINT,
  running,
  next,
  ended,
  message,
  succeeded,
} from "./first-update.ts";
import { after, commit, environment, failure, NOW, REPOSITORY, settings, situation } from "./situations.ts";

describe("A decision about an environment", () => {
  it("makes sure of the finalizer before anything else", () => {
    const bare = next({}, { parts: { metadata: { finalizers: [] } } });
    assert.deepEqual(bare.actions, [{ do: "add-finalizer" }]);
    assert.deepEqual(bare.status, {});
    assert.equal(bare.requeueAfterMs, 5_000);
  });

  it("starts an update, with a status that tells of it", () => {
    assert.equal(started.status.phase, "Provisioning");
    assert.equal(started.status.observedGeneration, 1);
    assert.deepEqual([started.status.namespace, started.status.stack], ["preview-shop-1", "preview-shop-1"]);
    assert.equal(conditionOf(started.status, "Admitted")?.status, "True");
    const [action] = started.actions;
    assert.ok(action?.do === "start");
    assert.equal(action.fingerprint, FINGERPRINT);
    assert.deepEqual(started.status.operation, {
      id: action.request.id,
      kind: "apply",
      startedAt: NOW.toISOString(),
      fingerprint: FINGERPRINT,
      commit: commit(1),
    });
    assert.equal(action.request.description?.name, "preview-shop-1");
    assert.equal(action.request.refresh, undefined);
    assert.deepEqual(
      started.events.map(({ reason }) => reason),
      ["Provisioning"],
    );
  });

  it("tells an update where the secrets of its description are, and nobody else", () => {
    const secrets = { TOKEN: { config: "token" } };
    const repository = { base: { services: { web: { image: "team/shop:1", secrets } } }, secretFiles: { token: "/t" } };
    const { actions, status } = decide(
      situation({ settings: settings({ repositories: { [REPOSITORY]: repository } }) }),
    );
    const [action] = actions;
    assert.ok(action?.do === "start");
    assert.deepEqual(action.request.secretFiles, { token: "/t" });
    assert.doesNotMatch(JSON.stringify(status), /\/t"/);
  });

  it("gives each operation a name of its own that a Job can have", () => {
    const ids = [0, 0.5].flatMap((random) =>
      [NOW, after(1)].map((now) => decide(situation({ random, now })).status.operation?.id),
    );
    assert.equal(new Set(ids).size, 4);
    for (const id of ids) assert.match(id ?? "", /^[a-z-]{5,13}[0-9a-f]{12}$/);
  });

  it("waits while the runner has no room, with its place kept", () => {
    const waiting = next({}, { mayStart: false });
    assert.deepEqual([waiting.status.phase, waiting.actions, waiting.requeueAfterMs], ["Provisioning", [], 5_000]);
    assert.match(message(waiting), /as soon as the platform has room/);
    assert.equal(conditionOf(waiting.status, "Admitted")?.status, "True");
    assert.equal(next(waiting.status).actions[0]?.do, "start");
  });

  it("shows what the operation says of itself while it runs", () => {
    const seen = next(started.status, {
      running: { ...running, latest: { progress: "3 of 9", diff: DIFF, steps: STEPS } },
      seconds: 3,
    });
    assert.deepEqual(seen.status.operation, { ...started.status.operation, progress: "3 of 9" });
    assert.deepEqual([seen.status.diff, seen.status.steps], [DIFF, STEPS]);
    assert.deepEqual([seen.actions, seen.requeueAfterMs], [[], 5_000]);
  });

  it("says of a running operation that was found, not started, what is known", () => {
    const found = next({}, { running });
    assert.equal(found.status.operation?.fingerprint, FINGERPRINT);
    assert.equal(found.status.operation?.commit, undefined);
    assert.equal(found.status.phase, "Provisioning");
  });

  it("is Ready once the update of what is wanted has succeeded", () => {
    const { conditions, ...status } = succeeded.status;
    assert.deepEqual(status, {
      phase: "Ready",
      observedGeneration: 1,
      namespace: "preview-shop-1",
      stack: "preview-shop-1",
      applied: FINGERPRINT,
      commit: commit(1),
      diff: DIFF,
      steps: STEPS,
    });
    assert.deepEqual(
      conditions?.map(({ type, status: holds, reason }) => `${type} ${holds} ${reason}`),
      [
        "Ready True Ready",
        "Admitted True Admitted",
        "Asleep False Awake",
        "InSync Unknown NotChecked",
        "Expiring False NotExpiring",
      ],
    );
    assert.deepEqual([succeeded.actions, succeeded.requeueAfterMs], [[], undefined]);
    assert.deepEqual(next(succeeded.status).status, succeeded.status);
    assert.deepEqual(next(succeeded.status).events, []);
  });

  it("tells the address where the platform has one", () => {
    const url = "https://{name}.preview.example.com";
    assert.equal(decide(situation({ settings: settings({ url }) })).status.url, "https://shop-1.preview.example.com");
  });

  it("updates a Ready environment to a new commit, and isn't Ready meanwhile", () => {
    const updating = next(succeeded.status, { parts: OTHER });
    assert.deepEqual([updating.status.phase, updating.actions[0]?.do], ["Provisioning", "start"]);
    assert.equal(updating.status.applied, undefined);
    assert.equal(updating.status.diff, undefined);
    assert.equal(updating.status.commit, commit(1));
  });

  it("starts a lost operation again, and counts no failure", () => {
    const again = next(
      { ...started.status, attempts: 2, failed: FINGERPRINT, retryAt: NOW.toISOString() },
      { seconds: 9 },
    );
    assert.equal(again.actions[0]?.do, "start");
    assert.equal(again.status.attempts, 2);
    assert.notEqual(again.status.operation?.id, started.status.operation?.id);
    assert.equal(next(started.status, { mayStart: false }).status.operation, undefined);
  });

  it("bounds the time until it looks again, from a millisecond to a day", () => {
    const far = decide(
      situation({
        settings: settings({ ttl: { warningMs: 1, defaultMs: 9e9 } }),
        environment: environment({ status: succeeded.status }),
      }),
    );
    assert.equal(far.requeueAfterMs, 86_400_000);
  });
});

describe("An object that can't be carried out", () => {
  const wrong = { spec: { source } };
  const refused = next({}, { parts: wrong });

  it("starts nothing, takes no place, and says what is wrong", () => {
    assert.deepEqual([refused.status.phase, refused.actions, refused.requeueAfterMs], ["Failed", [], undefined]);
    assert.equal(conditionOf(refused.status, "Ready")?.reason, "InvalidSpec");
    assert.match(message(refused), /source\.commit/);
    assert.equal(conditionOf(refused.status, "Admitted"), undefined);
  });

  it("joins the line first once it is mended", () => {
    const joined = next(refused.status, { parts: { metadata: { generation: 2 } } });
    assert.deepEqual([joined.status.phase, joined.actions, joined.requeueAfterMs], ["Queued", [], 1]);
    assert.equal(next(joined.status, { parts: { metadata: { generation: 2 } } }).actions[0]?.do, "start");
  });

  it("leaves what runs alone", () => {
    const broken = next(succeeded.status, { parts: wrong });
    assert.deepEqual([broken.status.phase, broken.status.applied, broken.actions], ["Failed", FINGERPRINT, []]);
    assert.equal(next(broken.status).status.phase, "Ready");
    const during = next(started.status, { running, parts: wrong, seconds: 9999 });
    assert.deepEqual([during.status.phase, during.actions, during.requeueAfterMs], ["Failed", [], 5_000]);
  });

  it("is said of a repository that the platform doesn't know, until it does", () => {
    const failed = next(started.status, { ended: ended(failure("PolicyViolation", "terminal")) });
    const unknown = next(failed.status, { settings: settings({ repositories: {} }) });
    assert.equal(conditionOf(unknown.status, "Ready")?.reason, "UnknownRepository");
    assert.equal(next(unknown.status).actions[0]?.do, "start");
  });
});

describe("An environment without a place", () => {
  const admission = { admitted: false, position: 3, reason: "UserCap" } as const;
  const waiting = next({}, { admission });

  it("says its place in line and what it waits for", () => {
    assert.deepEqual([waiting.status.phase, waiting.status.position, waiting.actions], ["Queued", 3, []]);
    assert.equal(waiting.requeueAfterMs, 5_000);
    const { status, reason, message: said } = conditionOf(waiting.status, "Admitted") ?? {};
    assert.deepEqual([status, reason], ["False", "UserCap"]);
    assert.match(said ?? "", /number 3 in the line for a place: its owner has as many/);
    const [event, ...others] = waiting.events;
    assert.deepEqual([event?.reason, others], ["Queued", []]);
    assert.deepEqual(next(waiting.status, { admission: { ...admission, position: 2 } }).events, []);
  });

  it("starts when it gets one, and forgets its place in line", () => {
    const { status, actions } = next(waiting.status);
    assert.deepEqual([status.phase, status.position, actions[0]?.do], ["Provisioning", undefined, "start"]);
  });

  it("keeps the place that it once had, whatever the caps say later", () => {
    const kept = next(succeeded.status, { admission, parts: OTHER });
    assert.equal(kept.actions[0]?.do, "start");
    assert.equal(next(succeeded.status, { admission }).status.phase, "Ready");
  });
});

describe("An environment whose time has run out", () => {
  const ttl = { ttl: { warningMs: 600_000, defaultMs: 4_800_000 } };

  it("is looked at again when its warning is due, and when it ends", () => {
    const early = next(succeeded.status, { settings: settings(ttl) });
    assert.equal(early.requeueAfterMs, 600_000);
    const warned = next(early.status, { settings: settings(ttl), seconds: 600 });
    assert.equal(warned.requeueAfterMs, 600_000);
    assert.deepEqual(
      warned.events.map(({ type, reason }) => [type, reason]),
      [["Warning", "ExpiresSoon"]],
    );
    const over = next(warned.status, { settings: settings(ttl), seconds: 1200 });
    assert.deepEqual(over.actions, [
      { do: "delete-object", why: `its time to live ended at ${after(1200).toISOString()}` },
    ]);
    assert.deepEqual([over.status.phase, over.requeueAfterMs], ["Ready", 5_000]);
  });
});
