import assert from "node:assert/strict";
import fc from "fast-check";
import { isTaken } from "../../../../../platform/domain/pull-requests/patterns.ts";

describe("Patterns", () => {
  const table: readonly (readonly [string, readonly string[], boolean])[] = [
    ["apps/web/a.ts", ["apps/**"], true],
    ["apps/web/.env", ["apps/**"], true],
    [".github/workflows/ci.yaml", ["**"], true],
    ["apps/web/a.ts", ["apps/*"], false],
    ["a.ts", ["**/*.ts"], true],
    ["apps/web/a.ts", ["**/*.ts"], true],
    ["docs/a.md", ["**", "!docs/**"], false],
    ["docs/api/a.md", ["**", "!docs/**", "docs/api/**"], true],
    ["docs/a.md", ["!docs/**"], false],
    ["a+b(1).ts", ["a+b(1).ts"], true],
    ["ab", ["a?"], true],
    ["a/", ["a?"], false],
    ["xapps/a", ["apps/**"], false],
    ["a\nb", ["**"], true],
    ["main", [], false],
  ];
  for (const [text, patterns, expected] of table) {
    it(`${JSON.stringify(patterns)} ${expected ? "take" : "do not take"} ${JSON.stringify(text)}`, () => {
      assert.equal(isTaken(text, patterns), expected);
    });
  }

  it("without wildcards take exactly themselves", () => {
    const text = fc.string({ minLength: 1 }).filter((each) => !/[*?]/.test(each) && !each.startsWith("!"));
    fc.assert(
      fc.property(text, text, (pattern, other) => {
        assert.ok(isTaken(pattern, [pattern]));
        assert.equal(isTaken(other, [pattern]), other === pattern);
      }),
    );
  });
});
