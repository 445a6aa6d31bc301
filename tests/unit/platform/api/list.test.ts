import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLabelSelector } from "../../../../platform/api/label-selector.ts";
import { type ListQuery, pageOf } from "../../../../platform/api/list.ts";
import { linesAfter, markOf, newLines } from "../../../../platform/http/log-lines.ts";
import type { PreviewEnvironment } from "../../../../spec/index.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/), { maxLength: 30 });

function environment(name: string, labels: Record<string, string> = {}): PreviewEnvironment {
  const metadata = {
    name,
    namespace: "terrarium",
    uid: name,
    generation: 1,
    resourceVersion: "1",
    creationTimestamp: "",
  };
  const spec = { source: { repository: "https://git.example.com/team/shop", branch: name.slice(0, 1) } };
  return { apiVersion: "", kind: "", metadata: { ...metadata, labels }, spec };
}

describe("a list of environments", () => {
  it("has each of them on exactly one page, by name, whatever a page holds", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 10 }), (all, limit) => {
        const found: string[] = [];
        let query: ListQuery = { limit };
        for (;;) {
          const page = pageOf(
            all.map((name) => environment(name)),
            query,
          );
          assert.equal(page.total, all.length);
          assert.ok(page.items.length <= limit);
          found.push(...page.items.map(({ metadata }) => metadata.name));
          if (page.continue === undefined) break;
          query = { limit, continue: page.continue };
        }
        assert.deepEqual(found, [...all].sort());
      }),
    );
  });

  it("misses none that stays, and shows none twice, when others come and go between two pages", () => {
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 10 }), (before, after, limit) => {
        const first = pageOf(
          before.map((name) => environment(name)),
          { limit },
        );
        if (first.continue === undefined) return;
        const rest = pageOf(
          after.map((name) => environment(name)),
          { limit: 500, continue: first.continue },
        );
        const shown = [...first.items, ...rest.items].map(({ metadata }) => metadata.name);
        assert.equal(new Set(shown).size, shown.length);
        for (const name of before.filter((each) => after.includes(each))) assert.ok(shown.includes(name), name);
      }),
    );
  });

  it("has those that fit, by any spelling of a repository's address", () => {
    const all = ["alpha", "beta"].map((name) => environment(name));
    const named = (query: Partial<ListQuery>) =>
      pageOf(all, { limit: 10, ...query }).items.map(({ metadata }) => metadata.name);
    assert.deepEqual(named({ repository: "https://GIT.example.com/team/shop.git" }), ["alpha", "beta"]);
    assert.deepEqual(named({ branch: "a" }), ["alpha"]);
    assert.deepEqual(named({ owner: "ada" }), []);
    assert.deepEqual(named({ phase: "Ready" }), []);
    assert.deepEqual(named({ pullRequest: 1 }), []);
  });

  it("selects by labels as kubectl does", () => {
    const labels = { team: "shop", tier: "a" };
    const table: readonly [selector: string, matches: boolean][] = [
      ["", true],
      ["team=shop", true],
      ["team==shop , tier = a", true],
      ["team!=shop", false],
      ["colour!=red", true],
      ["tier in (a,b)", true],
      ["tier notin (a, b)", false],
      ["colour notin (a)", true],
      ["team", true],
      ["!team", false],
      ["!colour,team", true],
      ["colour=", false],
    ];
    for (const [selector, matches] of table) assert.equal(parseLabelSelector(selector)?.(labels), matches, selector);
    for (const wrong of ["a b", "=x", "a in b", "a in (b", "a,,b", "a=b=c", "a in ($)"])
      assert.equal(parseLabelSelector(wrong), undefined, wrong);
  });

  it("takes any text as a selector or refuses it, and never fails", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseLabelSelector(text)?.({ a: "b" })));
  });
});

describe("a log that keeps its last lines", () => {
  const lines = fc.array(fc.stringMatching(/^[a-c]$/), { maxLength: 12 });

  it("goes on after a mark with what a reader lacks, while the marked lines are kept", () => {
    // Lines of a log carry the time, and are seldom the same.
    const distinct = fc.uniqueArray(fc.string(), { maxLength: 20 });
    fc.assert(
      fc.property(distinct, fc.nat(20), (all, seen) => {
        const shown = all.slice(0, seen);
        const mark = shown.length === 0 ? undefined : markOf(shown);
        assert.deepEqual(linesAfter(mark, all), all.slice(shown.length));
      }),
    );
  });

  it("never lacks a line at its end", () => {
    fc.assert(
      fc.property(lines, lines, (before, now) => {
        const fresh = newLines(before, now);
        assert.deepEqual(now.slice(now.length - fresh.length), fresh);
      }),
    );
  });
});
