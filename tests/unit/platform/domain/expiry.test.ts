import assert from "node:assert/strict";
import { checkExpiry } from "../../../../platform/domain/expiry.ts";
import type { TtlSettings } from "../../../../platform/domain/settings.ts";
import type { PreviewEnvironmentStatus } from "../../../../spec/index.ts";
import { conditionOf } from "../../../../platform/domain/conditions.ts";
import { environment, REPOSITORY, settings, situation } from "./situations.ts";

const CREATED = new Date("2026-03-01T00:00:00.000Z");
const source = { repository: REPOSITORY, branch: "main" };

/** A time some hours after the creation. */
function hours(count: number): Date {
  return new Date(CREATED.getTime() + count * 3_600_000);
}

interface Life {
  readonly ttl?: string;
  readonly extendedUntil?: string;
  readonly platform?: Partial<TtlSettings>;
  readonly status?: PreviewEnvironmentStatus;
}

function at(now: Date, { ttl, extendedUntil, platform, status = {} }: Life) {
  const given = situation({
    now,
    settings: settings({ ttl: { warningMs: 2 * 3_600_000, ...platform } }),
    environment: environment({
      metadata: { creationTimestamp: CREATED.toISOString() },
      spec: { source, ...(ttl ? { ttl } : {}), ...(extendedUntil ? { extendedUntil } : {}) },
    }),
  });
  const expiry = checkExpiry(given, status);
  return { ...expiry, reason: conditionOf(expiry.status, "Expiring")?.reason };
}

describe("The time to live", () => {
  it("has no end where neither the environment nor the platform names one", () => {
    const { reason, due, isExpired, status } = at(hours(9999), { status: { expiresAt: hours(1).toISOString() } });
    assert.deepEqual({ reason, due, isExpired }, { reason: "NotExpiring", due: undefined, isExpired: false });
    assert.equal(status.expiresAt, undefined);
  });

  const ends: [string, Life, number | undefined][] = [
    ["the environment's", { ttl: "10h", platform: { defaultMs: 3_600_000 } }, 10],
    ["the platform's default", { platform: { defaultMs: 5 * 3_600_000 } }, 5],
    [
      "the platform's where the environment's can't be read",
      { ttl: "soon", platform: { defaultMs: 5 * 3_600_000 } },
      5,
    ],
    ["an extension", { ttl: "10h", extendedUntil: hours(30).toISOString() }, 30],
    ["the time to live where the extension ends earlier", { ttl: "10h", extendedUntil: hours(3).toISOString() }, 10],
    ["the longest life, whatever is asked for", { ttl: "90d", platform: { maxMs: 24 * 3_600_000 } }, 24],
    [
      "the longest life, extensions included",
      { ttl: "1d", extendedUntil: hours(99).toISOString(), platform: { maxMs: 48 * 3_600_000 } },
      48,
    ],
    ["the longest life where nothing else ends it", { platform: { maxMs: 48 * 3_600_000 } }, 48],
  ];
  for (const [what, life, end] of ends) {
    it(`ends with ${what}`, () => {
      assert.equal(at(CREATED, life).status.expiresAt, hours(end ?? 0).toISOString());
    });
  }

  it("warns for the platform's span before the end, then ends", () => {
    const early = at(hours(7.9), { ttl: "10h" });
    assert.deepEqual([early.reason, early.due, early.isExpired], ["NotExpiring", hours(8), false]);
    const warned = at(hours(8), { ttl: "10h", status: early.status });
    assert.deepEqual([warned.reason, warned.due, warned.isExpired], ["ExpiresSoon", hours(10), false]);
    const over = at(hours(10), { ttl: "10h", status: warned.status });
    assert.deepEqual([over.reason, over.isExpired], ["Expired", true]);
  });

  it("warns for half of a life that is shorter than the warning", () => {
    assert.equal(at(hours(0.4), { ttl: "1h" }).reason, "NotExpiring");
    assert.equal(at(hours(0.5), { ttl: "1h" }).reason, "ExpiresSoon");
  });

  it("takes the warning back when it is extended", () => {
    const warned = at(hours(9), { ttl: "10h" });
    const extended = at(hours(9.5), { ttl: "10h", extendedUntil: hours(20).toISOString(), status: warned.status });
    assert.deepEqual([extended.reason, extended.due], ["NotExpiring", hours(18)]);
  });

  it("deletes nothing that had no notice: the end waits for half of the warning's time", () => {
    const late = at(hours(50), { ttl: "10h" });
    assert.deepEqual([late.reason, late.due, late.isExpired], ["ExpiresSoon", hours(51), false]);
    assert.equal(late.status.expiresAt, hours(51).toISOString());
    assert.equal(at(hours(50.9), { ttl: "10h", status: late.status }).isExpired, false);
    assert.equal(at(hours(51), { ttl: "10h", status: late.status }).isExpired, true);
  });
});
