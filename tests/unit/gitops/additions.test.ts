import assert from "node:assert/strict";
import fc from "fast-check";
import { additions, type Addition } from "../../../gitops/additions.ts";
import { commonPart } from "../../../gitops/common-part.ts";

/** Values as manifests have them: maps, lists and scalars, with keys that a JSON pointer must escape. */
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1, "a", "b", true, ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("x", "y", "a/b", "a~b", "", "0"), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));
const anyObject = fc.record({ kind: fc.constant("K"), spec: anyValue, data: anyValue }, { noNullPrototype: true });

/** Applies a JSON patch of additions as RFC 6902 says. */
function apply(target: unknown, patch: readonly Addition[]): unknown {
  const result: unknown = structuredClone(target);
  for (const { path, value } of patch) {
    const keys = path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop() ?? "";
    const parent = keys.reduce((at, key) => (at as Record<string, unknown>)[key], result) as Record<string, unknown>;
    assert.ok(!Array.isArray(parent) && typeof parent === "object", `${path} has no parent to be added to`);
    parent[last] = value;
  }
  return result;
}

describe("what several objects have in common", () => {
  it("becomes each of them again with what is added to it", () => {
    fc.assert(
      fc.property(fc.array(anyObject, { minLength: 1, maxLength: 3 }), (objects) => {
        const common = commonPart(objects);
        for (const object of objects) assert.deepEqual(apply(common, additions(common, object)), object);
      }),
      { numRuns: 300 },
    );
  });

  it("is all of an object that has no other beside it, and nothing is added", () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        assert.deepEqual([commonPart([object]), additions(object, object)], [object, []]);
      }),
    );
  });

  it("does not depend on the order of the objects, but for the order of keys", () => {
    fc.assert(
      fc.property(anyObject, anyObject, (a, b) => {
        assert.deepEqual(commonPart([a, b]), commonPart([b, a]));
      }),
    );
  });

  it("has lists of containers item by item, and other lists only whole", () => {
    const containers = (cpu: string) => [
      { name: "web", cpu },
      { name: "proxy", cpu: "1" },
    ];
    const [a, b] = [
      { containers: containers("1"), args: ["a", "b"] },
      { containers: containers("2"), args: ["a", "c"] },
    ];
    const common = commonPart([a, b]);
    assert.deepEqual(common, { containers: [{ name: "web" }, { name: "proxy", cpu: "1" }] });
    assert.deepEqual(additions(common, b), [
      { op: "add", path: "/containers/0/cpu", value: "2" },
      { op: "add", path: "/args", value: ["a", "c"] },
    ]);
  });

  it("is refused as the part of an object that it is no part of", () => {
    assert.throws(() => additions({ a: 1 }, { b: 1 }), /\/a is not part of the whole/);
    assert.throws(() => additions({ a: { b: 1 } }, { a: { b: 2 } }), /\/a\/b differs from the whole/);
  });
});
