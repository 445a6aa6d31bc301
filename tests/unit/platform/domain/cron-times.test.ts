import assert from "node:assert/strict";
import fc from "fast-check";
import { cronTimes } from "../../../../platform/domain/cron-times.ts";
import { CRON_PATTERN } from "../../../../spec/cron.ts";

const MINUTE = 60_000;

function text(date: Date | undefined): string | undefined {
  return date?.toISOString().replace(":00.000Z", "Z");
}

/** The last time until a moment and the first one after it. */
function around(schedule: string, timeZone: string, now: string): (string | undefined)[] {
  const { lastUntil, firstAfter } = cronTimes(schedule, timeZone);
  return [text(lastUntil(new Date(now))), text(firstAfter(new Date(now)))];
}

describe("The times of a schedule", () => {
  it("are those that clocks in its time zone show", () => {
    // A Monday.
    const now = "2026-03-02T12:00:00Z";
    assert.deepEqual(around("0 20 * * mon-fri", "Europe/Berlin", now), ["2026-02-27T19:00Z", "2026-03-02T19:00Z"]);
    assert.deepEqual(around("30 8 * * *", "Asia/Kolkata", now), ["2026-03-02T03:00Z", "2026-03-03T03:00Z"]);
    assert.deepEqual(around("0 23 * * *", "Pacific/Auckland", now), ["2026-03-02T10:00Z", "2026-03-03T10:00Z"]);
    assert.deepEqual(around("0 12 * * *", "Etc/UTC", now), ["2026-03-02T12:00Z", "2026-03-03T12:00Z"]);
  });

  it("come later by what a clock skips when summer begins, and once where it shows them twice", () => {
    // In Berlin it was 2:00 twice on 25 October 2026, and never 2:30 on 29 March.
    assert.deepEqual(around("30 2 * * *", "Europe/Berlin", "2026-03-29T12:00:00Z"), [
      "2026-03-29T01:30Z",
      "2026-03-30T00:30Z",
    ]);
    assert.deepEqual(around("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z"), [
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
  });

  it("need either the day of the month or the weekday where both are given", () => {
    assert.deepEqual(around("0 0 15 * sat", "Etc/UTC", "2026-03-10T00:00:00Z"), [
      "2026-03-07T00:00Z",
      "2026-03-14T00:00Z",
    ]);
    assert.deepEqual(around("0 0 15 * sat", "Etc/UTC", "2026-03-14T01:00:00Z"), [
      "2026-03-14T00:00Z",
      "2026-03-15T00:00Z",
    ]);
  });

  it("may be ranges that go beyond the end, steps, and lists", () => {
    assert.deepEqual(around("0 0 * * fri-mon", "Etc/UTC", "2026-03-04T00:00:00Z"), [
      "2026-03-02T00:00Z",
      "2026-03-06T00:00Z",
    ]);
    assert.deepEqual(around("5/20 22-1 * * *", "Etc/UTC", "2026-03-04T01:30:00Z"), [
      "2026-03-04T01:25Z",
      "2026-03-04T01:45Z",
    ]);
    assert.deepEqual(around("0 0 1,15 feb,mar *", "Etc/UTC", "2026-02-20T00:00:00Z"), [
      "2026-02-15T00:00Z",
      "2026-03-01T00:00Z",
    ]);
  });

  it("may be years away, or never come", () => {
    assert.deepEqual(around("0 0 29 2 *", "Etc/UTC", "2097-01-01T00:00:00Z"), [
      "2096-02-29T00:00Z",
      "2104-02-29T00:00Z",
    ]);
    assert.deepEqual(around("0 0 30 2 *", "Etc/UTC", "2026-01-01T00:00:00Z"), [undefined, undefined]);
  });

  it("are refused in a time zone that is none", () => {
    assert.throws(() => cronTimes("0 0 * * *", "Europe/Atlantis"), RangeError);
  });

  const number = (min: number, max: number) => fc.integer({ min, max });
  const field = (min: number, max: number) =>
    fc.oneof(
      fc.constant("*"),
      number(min, max).map(String),
      fc.tuple(number(min, max), number(min, max)).map(([from, to]) => `${from}-${to}`),
      number(1, 9).map((step) => `*/${step}`),
      fc.array(number(min, max), { minLength: 1, maxLength: 3 }).map((all) => all.join()),
    );
  const schedule = fc
    .tuple(field(0, 59), field(0, 23), fc.constant("*"), fc.constant("*"), field(0, 6))
    .map((fields) => fields.join(" "));
  const zone = fc.constantFrom("Etc/UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu");
  const moment = fc.date({ min: new Date("2025-01-01"), max: new Date("2028-01-01"), noInvalidDate: true });

  it("enclose every moment, whatever the schedule and the zone, and nothing lies between them", () => {
    fc.assert(
      fc.property(schedule, zone, moment, (cron, timeZone, now) => {
        assert.match(cron, CRON_PATTERN);
        const times = cronTimes(cron, timeZone);
        const [last, next] = [times.lastUntil(now), times.firstAfter(now)];
        assert.ok(last && next && last <= now && next > now);
        assert.deepEqual(times.firstAfter(last), next);
        assert.deepEqual(times.lastUntil(new Date(next.getTime() - 1)), last);
        for (const at of [last, next]) assert.equal(at.getTime() % MINUTE, 0);
      }),
    );
  });

  it("are those that a look at every minute finds", () => {
    fc.assert(
      fc.property(field(0, 59), field(0, 23), moment, (minutes, hours, now) => {
        const { firstAfter } = cronTimes(`${minutes} ${hours} * * *`, "Etc/UTC");
        let at = new Date((Math.floor(now.getTime() / MINUTE) + 1) * MINUTE);
        while (!allows(minutes, at.getUTCMinutes(), 60) || !allows(hours, at.getUTCHours(), 24))
          at = new Date(at.getTime() + MINUTE);
        assert.deepEqual(firstAfter(now), at);
      }),
      { numRuns: 50 },
    );
  });
});

/** Whether a field allows a value, read in another way than the code does. */
function allows(field: string, value: number, count: number): boolean {
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  const [, from, to] = /^(\d+)-(\d+)$/.exec(field) ?? [];
  if (field === "*") return true;
  if (step !== undefined) return value % Number(step) === 0;
  if (from === undefined) return field.split(",").includes(String(value));
  return (value - Number(from) + count) % count <= (Number(to) - Number(from) + count) % count;
}
