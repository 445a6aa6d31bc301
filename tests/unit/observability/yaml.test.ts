import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { toYaml, type Yaml } from "../../../components/observability/yaml.ts";

const scalar = fc.oneof(
  fc.string(),
  fc.constantFrom("yes", "null", "1e3", "a: b", "- x", "line\nline", "#", "{{ $value }}"),
  fc.integer(),
  fc.boolean(),
);
const key = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/),
  fc.constantFrom("on", "no", "null", "1", "a b", "a:b", "#x", ""),
);
const { tree } = fc.letrec<{ tree: Yaml }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("configuration files", () => {
  it("read back as what they were written from, by YAML 1.1 and 1.2", () => {
    fc.assert(
      fc.property(tree, (value) => {
        for (const version of ["1.1", "1.2"] as const) assert.deepEqual(parse(toYaml(value), { version }), value);
      }),
    );
  });

  it("leave out keys without a value", () => {
    assert.equal(toYaml({ a: undefined, b: [{ c: 1, d: [] }] }), "b:\n  - c: 1\n    d: []\n");
  });
});
