import assert from "node:assert/strict";
import fc from "fast-check";
import type { Condition, PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { viewChanges } from "../../../../platform/dashboard/changes-view.ts";
import { viewEnvironment, type EnvironmentView } from "../../../../platform/dashboard/environment-view.ts";
import { viewLeftovers } from "../../../../platform/dashboard/leftovers-view.ts";
import { viewPolicy } from "../../../../platform/dashboard/policy-view.ts";
import { viewQueue } from "../../../../platform/dashboard/queue-view.ts";
import { viewTimeline } from "../../../../platform/dashboard/timeline.ts";
import { spanOf } from "../../../../platform/dashboard/wording.ts";
import { CONTEXT, environment, NOW, SETTINGS } from "./environments.ts";

function condition(type: string, reason: string, message = "", status: "True" | "False" = "False"): Condition {
  return { type, reason, message, status, lastTransitionTime: NOW.toISOString(), observedGeneration: 1 } as Condition;
}

function view(status: PreviewEnvironmentStatus, over: Parameters<typeof environment>[2] = {}): EnvironmentView {
  return viewEnvironment(
    environment("shop", status, over),
    { log: "", events: [], workloads: [] },
    { patch: true, approve: true, delete: true, logs: true },
    { ...CONTEXT, settings: SETTINGS },
  );
}

describe("A timeline", () => {
  it("has a bar for each step, from its start to its end, or to now while it runs", () => {
    const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();
    const steps = [
      { name: "network", startedAt: at(-20), finishedAt: at(-15), seconds: 5 },
      { name: "services", startedAt: at(-10) },
    ];
    assert.deepEqual(viewTimeline({ steps }, NOW)?.bars, [
      { name: "network", start: 0, length: 250, duration: "5.0 s", isRunning: false },
      { name: "services", start: 500, length: 500, duration: "10 s", isRunning: true },
    ]);
    assert.equal(viewTimeline({}, NOW), undefined);
  });

  it("keeps every bar within its width, whatever the times are", () => {
    const time = fc.integer({ min: -100_000, max: 100_000 }).map((ms) => new Date(NOW.getTime() + ms).toISOString());
    const step = fc.record({ name: fc.string(), startedAt: time, finishedAt: fc.option(time, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        for (const { start, length } of viewTimeline({ steps }, NOW)?.bars ?? []) {
          assert.ok(length > 0 && start >= 0 && start + length <= 1000, `${start} ${length}`);
        }
      }),
    );
  });
});

describe("The changes of an update", () => {
  const diff = {
    create: 3,
    update: 0,
    replace: 0,
    delete: 0,
    same: 2,
    resources: ["create A/a", "create B/b", "create C/c"],
  };
  const states = (status: PreviewEnvironmentStatus, log = ""): (string | undefined)[] | undefined =>
    viewChanges({ diff, ...status }, log)?.changes.map(({ state }) => state);

  it("are done, under way or to come while it runs", () => {
    const operation = { id: "1", kind: "apply", startedAt: NOW.toISOString(), progress: "2 of 3: B/b" };
    assert.deepEqual(states({ operation }, "10:00:00 create A/a done\n"), ["done", "under way", "to come"]);
  });

  it("are all done after one that ended well, and tell what failed after one that did not", () => {
    assert.deepEqual(states({ applied: "x" }), ["done", "done", "done"]);
    const log = "10:00:00 create A/a done\n10:00:01 create B/b failed\n";
    assert.deepEqual(states({}, log), ["done", "failed", "not done"]);
  });
});

describe("What policies say", () => {
  it("is taken apart by rule where they forbid it", () => {
    const message =
      "Policies forbid it: images: Deployment/web: no tag; or digest; probes: Deployment/web: none\nIt is not tried again.";
    assert.deepEqual(viewPolicy({ conditions: [condition("Ready", "PolicyViolation", message)] }, 1), {
      verdict: "violated",
      violations: [
        { policy: "images", message: "Deployment/web: no tag; or digest" },
        { policy: "probes", message: "Deployment/web: none" },
      ],
    });
  });

  it("is that they passed, or have not judged, or that there are none", () => {
    assert.equal(viewPolicy({ applied: "x" }, 1).verdict, "passed");
    assert.equal(viewPolicy({}, 1).verdict, "not judged");
    assert.equal(viewPolicy({ applied: "x" }, 0).verdict, "no policies");
  });
});

describe("An environment's page", () => {
  it("offers what makes sense in its state", () => {
    const of = (status: PreviewEnvironmentStatus, over = {}) => view(status, over).actions;
    assert.deepEqual([of({ phase: "Ready" }).sleep, of({ phase: "Asleep" }).sleep], [true, false]);
    assert.deepEqual([of({ phase: "Ready" }).wake, of({ phase: "Asleep" }).wake], [false, true]);
    assert.deepEqual([of({}).extend, of({ expiresAt: NOW.toISOString() }).extend], [false, true]);
    const pullRequest = { number: 1, fork: true };
    assert.equal(of({}, { spec: { pullRequest } }).approve, "a".repeat(40));
    assert.equal(of({}, { spec: { pullRequest, approval: { commit: "a".repeat(40), by: "ada" } } }).approve, undefined);
    assert.equal(of({}, { spec: { pullRequest: { number: 1 } } }).approve, undefined);
  });

  it("says first why it is not as it should be", () => {
    const failed = view({
      phase: "Failed",
      attempts: 3,
      conditions: [condition("Ready", "UpdateFailed", "no\nLater.")],
    });
    assert.deepEqual(failed.alert, {
      tone: "bad",
      title: "Failed: update failed after 3 attempts",
      paragraphs: ["no", "Later."],
    });
    const drifted = view({ phase: "Ready", conditions: [condition("InSync", "Drifted", "x")] });
    assert.equal(drifted.alert?.title, "Changed by hand");
    assert.equal(view({ phase: "Ready" }).alert, undefined);
  });

  it("shows parts as they are, the worst of what belongs to one first", () => {
    const workloads = [
      { kind: "Deployment", name: "web", part: "web", state: "good", detail: "1 of 1 ready" },
      { kind: "Pod", name: "web-1", part: "web", state: "bad", detail: "web: ImagePullBackOff" },
    ] as const;
    const shown = viewEnvironment(
      environment("shop", "Provisioning"),
      { log: "", events: [], workloads },
      { patch: false, approve: false, delete: false, logs: false },
      { ...CONTEXT, settings: SETTINGS },
    ).resources.groups;
    const parts = shown.flatMap((group) => group.parts.map(({ name, state }) => [name, state]));
    assert.deepEqual(parts, [
      ["db", "to come"],
      ["web", "web: ImagePullBackOff"],
    ]);
  });

  it("draws the network that is declared, and lists it", () => {
    const { network } = view({ phase: "Ready" });
    assert.deepEqual(network?.edges, [
      { from: "ingress", to: "web", ports: "8080" },
      { from: "web", to: "db", ports: "5432" },
    ]);
    assert.match(network?.drawing ?? "", /^<svg/);
    const unknown = { source: { repository: "https://git.example.com/other", branch: "main" } };
    assert.equal(view({ phase: "Failed" }, { spec: unknown }).network, undefined);
  });

  it("links to a page that answers only", () => {
    const url = "https://shop.example.com";
    assert.equal(view({ phase: "Ready", url }).url, url);
    assert.equal(view({ phase: "Provisioning", url }).url, undefined);
    assert.equal(view({ phase: "Provisioning", url, commit: "a" }).url, url);
  });
});

describe("The queue", () => {
  it("has who waits, for what and in which place, and what runs", () => {
    const admitted = [condition("Admitted", "Admitted", "", "True")];
    const operation = { id: "1", kind: "apply", startedAt: NOW.toISOString(), progress: "1 of 2: A/a" };
    const all = [
      environment("first", { phase: "Provisioning", conditions: admitted, operation }, { spec: { owner: "ada" } }),
      environment("second", { phase: "Queued" }, { minutes: 9 }),
      environment("third", { phase: "Queued" }, { minutes: 3 }),
      environment("fork", { phase: "Queued", conditions: [condition("Ready", "ApprovalNeeded")] }),
    ];
    const settings = { ...SETTINGS.domain, caps: { global: 1, perUser: 3 } };
    const { caps, waiting, running } = viewQueue(all, settings, { now: NOW, operations: 4 });
    assert.deepEqual(
      waiting.map(({ name, position, cap }) => [name, position, cap]),
      [
        ["second", 1, "the platform"],
        ["third", 2, "the platform"],
      ],
    );
    assert.deepEqual(
      running.map(({ name, doing }) => [name, doing]),
      [["first", "Update"]],
    );
    assert.deepEqual(caps, [
      { name: "Places", taken: 1, most: 1 },
      { name: "Operations at a time", taken: 1, most: 4 },
      { name: "ada", taken: 1, most: 3 },
    ]);
  });
});

describe("Leftovers", () => {
  const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
  const facts = {
    reported: new Map([
      ["stack/preview-a", minutesAgo(10)],
      ["namespace/preview-b", minutesAgo(45)],
    ]),
    removed: [{ key: "stack/preview-c", reportedAt: minutesAgo(100), at: minutesAgo(60) }],
    settings: { intervalMs: 600_000, graceMs: 1_800_000, dryRun: false },
  };

  it("are told with what becomes of them, and why those that are gone went", () => {
    const { found, removed } = viewLeftovers(facts, NOW);
    assert.deepEqual(
      found.map(({ kind, name, fate }) => [kind, name, fate]),
      [
        ["namespace", "preview-b", "is removed by the next search"],
        ["stack", "preview-a", "is removed in 20 min"],
      ],
    );
    assert.deepEqual(
      removed.map(({ name, ago, reason }) => [name, ago, reason]),
      [["preview-c", "1 h", "no environment had wanted it for 40 min"]],
    );
  });

  it("are only reported in a dry run", () => {
    const { found } = viewLeftovers({ ...facts, settings: { ...facts.settings, dryRun: true } }, NOW);
    assert.deepEqual(
      found.map(({ fate }) => fate),
      ["is only reported", "is only reported"],
    );
  });
});

describe("A span of time", () => {
  it("is told in its largest units", () => {
    const spans = [-5, 59_999, 60_000, 200 * 60_000, 5 * 3_600_000, 26 * 3_600_000, 9 * 86_400_000];
    assert.deepEqual(spans.map(spanOf), ["0 s", "59 s", "1 min", "3 h 20 min", "5 h", "1 d 2 h", "9 d"]);
  });
});
