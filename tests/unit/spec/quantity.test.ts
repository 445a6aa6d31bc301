import assert from "node:assert/strict";
import fc from "fast-check";
import { compareQuantities, formatBytes, parseQuantity, type QuantityKind } from "../../../spec/index.ts";

/** Spellings of one quantity kind with the exact number of its smallest unit: milli-cores, or bytes. */
const cpu = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }).map((milli) => ({ text: `${milli}m`, units: BigInt(milli) })),
  fc.integer({ min: 1, max: 10_000_000 }).map((milli) => ({ text: (milli / 1000).toFixed(3), units: BigInt(milli) })),
  fc.integer({ min: 1, max: 10_000 }).map((cores) => ({ text: String(cores), units: BigInt(cores) * 1000n })),
  fc.integer({ min: 1, max: 10_000 }).map((milli) => ({ text: `${milli}000u`, units: BigInt(milli) })),
  fc.integer({ min: 1, max: 1_000 }).map((cores) => ({ text: `${cores}e2`, units: BigInt(cores) * 100_000n })),
);
const DECIMAL = { k: 3n, M: 6n, G: 9n, T: 12n } as const;
const BINARY = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n } as const;
const bytes = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 50 }).map((count) => ({ text: String(count), units: BigInt(count) })),
  fc
    .tuple(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom<keyof typeof BINARY>("Ki", "Mi", "Gi", "Ti"))
    .map(([count, suffix]) => ({ text: `${count}${suffix}`, units: BigInt(count) << BINARY[suffix] })),
  fc
    .tuple(fc.integer({ min: 1, max: 900_000 }), fc.constantFrom<keyof typeof DECIMAL>("k", "M", "G", "T"))
    .map(([thousandths, suffix]) => ({
      text: `${(thousandths / 1000).toFixed(3)}${suffix}`,
      units: (BigInt(thousandths) * 10n ** DECIMAL[suffix]) / 1000n,
    })),
);

function sign(difference: bigint | number): number {
  return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

describe("Quantities", () => {
  const valid: [string, QuantityKind, number][] = [
    ["250m", "cpu", 0.25],
    ["0.5", "cpu", 0.5],
    [".5", "cpu", 0.5],
    ["2", "cpu", 2],
    ["1k", "cpu", 1000],
    ["1e2", "cpu", 100],
    ["1500000u", "cpu", 1.5],
    ["2000000n", "cpu", 0.002],
    ["1001m", "cpu", 1.001],
    ["128Mi", "bytes", 134217728],
    ["1.5Gi", "bytes", 1610612736],
    ["500M", "bytes", 500e6],
    ["1E3", "bytes", 1000],
    ["1E", "bytes", 1e18],
    ["1.1T", "bytes", 1.1e12],
    ["1", "bytes", 1],
  ];
  for (const [text, kind, value] of valid) {
    it(`reads "${text}" as ${value} ${kind === "cpu" ? "cores" : "bytes"}`, () => {
      assert.equal(parseQuantity(text, kind), value);
    });
  }

  const invalid: [string, QuantityKind, string][] = [
    ["", "cpu", "no digits"],
    ["0", "cpu", "zero"],
    ["0Mi", "bytes", "zero"],
    ["-1", "cpu", "a sign"],
    ["+1", "cpu", "a sign"],
    ["1Gi", "cpu", "mebi-cores"],
    ["100m", "bytes", "milli-bytes"],
    ["0.5m", "cpu", "less than a milli-core"],
    ["1.5", "bytes", "a part of a byte"],
    ["1Kib", "bytes", "an unknown suffix"],
    ["1gi", "bytes", "an unknown suffix"],
    ["1 Gi", "bytes", "a space"],
    ["1,5", "cpu", "a comma"],
    ["0x10", "bytes", "hexadecimal"],
    ["1e999", "bytes", "more than a number holds"],
    ["NaN", "cpu", "no number"],
  ];
  for (const [text, kind, reason] of invalid) {
    it(`refuses "${text}" as ${kind}: ${reason}`, () => {
      assert.equal(parseQuantity(text, kind), undefined);
    });
  }

  it("mean the same number in every spelling", () => {
    fc.assert(fc.property(cpu, ({ text, units }) => parseQuantity(text, "cpu") === Number(units) / 1000));
    fc.assert(fc.property(bytes, ({ text, units }) => parseQuantity(text, "bytes") === Number(units)));
  });

  for (const [kind, spelling] of [["cpu", cpu] as const, ["bytes", bytes] as const]) {
    it(`of kind ${kind} are ordered as their exact values, whatever the spelling`, () => {
      fc.assert(
        fc.property(spelling, spelling, (a, b) => {
          assert.equal(sign(compareQuantities(a.text, b.text, kind)), sign(a.units - b.units));
          assert.equal(sign(compareQuantities(b.text, a.text, kind)), sign(b.units - a.units));
        }),
        { numRuns: 500 },
      );
    });
  }

  it("can't be compared when one is none, and the error names it", () => {
    assert.throws(() => compareQuantities("1Gi", "2", "cpu"), new RangeError('"1Gi" is no cpu quantity'));
    assert.throws(() => compareQuantities("2", "lots", "bytes"), new RangeError('"lots" is no bytes quantity'));
  });

  it("in bytes survive being written and read again", () => {
    fc.assert(fc.property(fc.integer({ min: 1 }), (count) => parseQuantity(formatBytes(count), "bytes") === count));
  });

  it("in bytes are written in the largest binary unit that divides them", () => {
    assert.equal(formatBytes(536870912), "512Mi");
    assert.equal(formatBytes(1024), "1Ki");
    assert.equal(formatBytes(1536), "1536");
    assert.equal(formatBytes(2 ** 40), "1Ti");
    assert.equal(formatBytes(1023), "1023");
  });
});
