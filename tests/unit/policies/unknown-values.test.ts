import assert from "node:assert/strict";
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

function withUnknown(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return UNKNOWN;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = withUnknown(copy[key], rest);
  return copy;
}

/** An object is one as long as it says of which kind it is. */
const KEPT = ["apiVersion", "kind"];

describe("values that a preview can't know yet", () => {
  const objects = Object.entries(shop());

  for (const [index, [name, object]] of objects.entries()) {
    it(`break no rule, wherever they stand in ${name}`, () => {
      const paths = pathsOf(object).filter(([first]) => first !== undefined && !KEPT.includes(String(first)));
      assert.ok(paths.length > 5);
      for (const path of paths) {
        const changed = objects.map(([, other]) => other as object).with(index, withUnknown(object, path) as object);
        const { violations } = judge(changed);
        assert.deepEqual(
          violations.map(({ message }) => message),
          [],
          path.join("."),
        );
      }
    });
  }
});
