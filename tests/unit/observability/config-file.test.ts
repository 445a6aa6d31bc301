import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { toYaml } from "../../../components/observability/config-file.ts";

const WORDS = [
  "no",
  "on",
  "y",
  "null",
  "~",
  "1e3",
  "0o7",
  "1:30",
  "2024-04-01",
  "a: b",
  "- x",
  "line\nline",
  "#",
  "<<",
];
const text = fc.oneof(fc.string(), fc.constantFrom(...WORDS, "{{ $value }}"));

describe("configuration files", () => {
  it("read back as what they were written from, by YAML 1.1 and 1.2", () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.array(text), { noNullPrototype: true }), (content) => {
        for (const version of ["1.1", "1.2"] as const) assert.deepEqual(parse(toYaml(content), { version }), content);
      }),
    );
  });

  it("leave out keys without a value", () => {
    assert.equal(toYaml({ a: undefined, b: [{ c: 1, d: [] }] }), "b:\n  - c: 1\n    d: []\n");
  });

  it("hold each expression in one line, and what is used twice, twice", () => {
    const shared = { expr: "sum by (service) (rate(http_requests_total[5m])) / ".repeat(5).trim() };
    assert.equal(toYaml({ a: shared, b: shared }), `a:\n  expr: ${shared.expr}\nb:\n  expr: ${shared.expr}\n`);
  });
});
