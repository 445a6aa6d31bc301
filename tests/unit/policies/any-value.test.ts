import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN } from "../../../policies/field.ts";
import { judge, shop } from "./shop.ts";

type Path = readonly (string | number)[];

/** Every place in an object, from its parts down to its leaves. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...below];
}

/** A copy with another value at one place. */
function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** An object is one as long as it says of which kind it is. */
const KEPT = ["apiVersion", "kind"];

const objects = Object.entries(shop());

/** The shop's objects, one of them with another value at one place. */
function shopWith(index: number, path: Path, value: unknown): object[] {
  return objects.map(([, object], position) =>
    position === index ? (replaced(object, path, value) as object) : object,
  );
}

describe("values that a preview can't know yet", () => {
  for (const [index, [name, object]] of objects.entries()) {
    it(`break no rule, wherever they stand in ${name}`, () => {
      const paths = pathsOf(object).filter(([first]) => first !== undefined && !KEPT.includes(String(first)));
      assert.ok(paths.length > 5);
      for (const path of paths) {
        const { violations } = judge(shopWith(index, path, UNKNOWN));
        assert.deepEqual(
          violations.map(({ message }) => message),
          [],
          path.join("."),
        );
      }
    });
  }
});

describe("values of any type", () => {
  it("make no rule fail, wherever they stand", () => {
    const places = objects.flatMap(([, object], index) => pathsOf(object).map((path) => ({ index, path })));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), ({ index, path }, value) => {
        const changed = shopWith(index, path, value).filter((object) => typeof object === "object" && object !== null);
        assert.doesNotThrow(() => judge(changed));
      }),
      { numRuns: 500 },
    );
  });
});
