import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { checkout, read } from "./checkout.ts";

const PAGE = "docs/features.md";

describe(PAGE, () => {
  const rows = read(PAGE)
    .split("\n")
    .filter((line) => /^\| /.test(line) && !/^\| (Feature|---)/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has the rows that preview environments are compared by", () => {
    assert.ok(rows.length >= 21, String(rows.length));
  });

  for (const [, feature = "", , shownBy = ""] of rows) {
    it(`shows by tests that there are: ${feature}`, () => {
      const links = [...shownBy.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
      assert.ok(links.length > 0, "no test is named");
      for (const [, sentence = "", link = ""] of links) {
        const file = normalize(join("docs", link));
        assert.ok(file.startsWith("tests/") && existsSync(join(checkout, file)), `there is no ${file}`);
        assert.ok(read(file).includes(`it("${sentence}", `), `${file} has no test "${sentence}"`);
      }
    });
  }
});
