import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { toYaml } from "../../../gitops/yaml.ts";

/** Text that one version of YAML or the other takes for something else when it is not quoted. */
const tricky = fc.constantFrom(
  ..."yes no on off y n true false null ~ 0o7 017 0x1F 1e3 .5 .inf -.inf .nan 1:30 1_000 2026-01-01 +1 -1 - : # & * !".split(
    " ",
  ),
  "",
  " ",
  "a: b",
  "a\nb\n",
  "trailing \n",
  "\ttab",
  "{{ $labels.x }}",
);

describe("YAML of an export", () => {
  it("means the same to readers of YAML 1.1 and 1.2", () => {
    const text = fc.oneof(tricky, fc.string());
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.oneof(text, fc.array(text), fc.integer(), fc.boolean()), { noNullPrototype: true }),
        (value) => {
          const yaml = toYaml(value);
          for (const version of ["1.1", "1.2"] as const)
            assert.deepEqual(parse(yaml, { version, merge: false }), value, yaml);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has no anchors, however often one object stands in it", () => {
    const labels = { app: "x" };
    assert.equal(toYaml({ a: labels, b: labels }), "a:\n  app: x\nb:\n  app: x\n");
  });
});
