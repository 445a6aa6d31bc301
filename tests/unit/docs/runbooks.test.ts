import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CONDITIONS } from "../../../spec/index.ts";
import { checkout, read } from "./checkout.ts";

/** Reasons of environments that are well, or on their way. */
const WELL = ["Queued", "Provisioning", "Ready", "Asleep", "Terminating", "Admitted"];

describe("docs/runbooks", () => {
  const index = read("docs/runbooks/README.md");

  for (const reason of [...CONDITIONS.Ready, ...CONDITIONS.Admitted, ...CONDITIONS.DeleteBlocked]) {
    if (WELL.includes(reason)) continue;
    it(`has a page for ${reason}, which names it`, () => {
      const row = index.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${reason}\``));
      const [, page] = /\]\(([\w-]+\.md)\)/.exec(row ?? "") ?? [];
      assert.ok(page, "no row of the index");
      assert.ok(read(`docs/runbooks/${page}`).includes(`\`${reason}\``));
    });
  }

  it("lists all of its pages", () => {
    const pages = readdirSync(join(checkout, "docs/runbooks")).filter((name) => name !== "README.md");
    for (const page of pages) assert.ok(index.includes(`(${page})`), page);
  });
});
