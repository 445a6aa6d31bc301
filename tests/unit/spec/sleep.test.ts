import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkManifest,
  formatProblem,
  InvalidSpecError,
  sleepPatch,
  wakePatch,
  type PreviewEnvironment,
  type PreviewEnvironmentSpec,
} from "../../../spec/index.ts";

const source = { repository: "https://git.example.com/team/shop", branch: "main" };

function problemsOf(sleep: unknown): string[] {
  const manifest = { apiVersion: "terrarium.dev/v1alpha1", kind: "Environment", metadata: { name: "shop" } };
  try {
    checkManifest({ ...manifest, spec: { source, sleep } });
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidSpecError);
    return error.problems.map((problem) => formatProblem(problem).trim());
  }
}

describe("When an Environment sleeps, as people write it", () => {
  it("takes a time of idleness, a schedule with a time zone, and times", () => {
    for (const sleep of [
      {},
      { idleAfter: "2h", sleepAt: "2030-01-31T18:00:00Z", wakeAt: "2030-02-01T06:00:00Z" },
      { idleAfter: "never" },
      { schedule: { sleep: "0 20 * * mon-fri", wake: "30 6 1-31/2 jan,mar-dec 1,2,3", timeZone: "Europe/Berlin" } },
      { schedule: { sleep: "*/15 0-7,20-23 * * *", timeZone: "America/Port-au-Prince" } },
    ]) {
      assert.deepEqual(problemsOf(sleep), [], JSON.stringify(sleep));
    }
  });

  it("says what is wrong, and what is allowed", () => {
    assert.deepEqual(problemsOf({ idleAfter: "2 hours", schedule: { sleep: "20:00", timeZone: "+01:00" } }), [
      'spec.sleep.idleAfter: got "2 hours", expected a time span such as "30m", "2h" or "7d", or "never"',
      'spec.sleep.schedule.sleep: got "20:00", expected a cron expression of five fields (minute, hour, day, month, weekday) such as "0 20 * * mon-fri"',
      'spec.sleep.schedule.timeZone: got "+01:00", expected a time zone such as "Europe/Berlin"',
    ]);
    for (const wrong of [
      "60 * * * *",
      "* 24 * * *",
      "* * 0 * *",
      "* * * 13 *",
      "* * * * 7",
      "* * * *",
      "@daily",
      "a b c d e",
    ]) {
      assert.equal(problemsOf({ schedule: { sleep: wrong } }).length, 1, wrong);
    }
    assert.match(problemsOf({ sleepAt: "now" })[0] ?? "", /a time in UTC such as/);
  });
});

describe("The changes that put an Environment to sleep and wake it", () => {
  const time = fc.option(fc.date({ min: new Date("2029-01-01"), max: new Date("2031-01-01"), noInvalidDate: true }), {
    nil: undefined,
  });
  const text = (date: Date | undefined) => date?.toISOString();

  it("count whatever was written before, and by whose clock", () => {
    fc.assert(
      fc.property(time, time, time, time, (sleepAt, wakeAt, lastRequestAt, now = new Date("2030-01-01T00:00:00Z")) => {
        const environment = {
          metadata: { creationTimestamp: "2029-06-01T00:00:00Z" },
          spec: { source, sleep: { sleepAt: text(sleepAt), wakeAt: text(wakeAt) } },
          status: { lastRequestAt: text(lastRequestAt) },
        } as unknown as PreviewEnvironment;
        for (const patch of [sleepPatch(environment, now), wakePatch(environment, now)]) {
          const { sleep = {} } = (patch as { spec: Partial<PreviewEnvironmentSpec> }).spec;
          const at = Date.parse(sleep.sleepAt ?? sleep.wakeAt ?? "");
          const known = [sleepAt, wakeAt, lastRequestAt].map((each) => each?.getTime() ?? 0);
          assert.ok(at > Math.max(...known), "something else is later");
          assert.deepEqual(problemsOf(sleep), []);
          const latest = Math.max(now.getTime(), Date.parse("2029-06-01T00:00:00Z"), ...known);
          assert.ok(at <= latest + 1000, "it is later than it has to be");
        }
      }),
    );
  });
});
