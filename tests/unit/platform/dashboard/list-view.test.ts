import assert from "node:assert/strict";
import fc from "fast-check";
import { PHASES } from "../../../../spec/index.ts";
import {
  listAddress,
  readListQuery,
  SORT_KEYS,
  WHOLE_LIST,
  type ListQuery,
} from "../../../../platform/dashboard/list-query.ts";
import { PAGE_SIZE, viewList } from "../../../../platform/dashboard/list-view.ts";
import { CONTEXT, environment } from "./environments.ts";

const ALL = [
  environment("young", "Ready", { minutes: 1, spec: { owner: "ada", pullRequest: { number: 42, fork: false } } }),
  environment("middle", "Asleep", { minutes: 60, spec: { owner: "grace" } }),
  environment("old", "Queued", { minutes: 600 }),
  environment("oldest", undefined, { minutes: 6000 }),
];

function names(query: Partial<ListQuery>): string[] {
  return viewList(ALL, { ...WHOLE_LIST, ...query }, CONTEXT).rows.map(({ name }) => name);
}

describe("The list of environments", () => {
  it("begins with the youngest", () => {
    assert.deepEqual(names({}), ["young", "middle", "old", "oldest"]);
    assert.deepEqual(names({ descending: true }), ["oldest", "old", "middle", "young"]);
  });

  it("finds words in name, owner, branch, repository, commit and pull request, all of them at once", () => {
    assert.deepEqual(names({ search: "#42" }), ["young"]);
    assert.deepEqual(names({ search: "GRACE main" }), ["middle"]);
    assert.deepEqual(names({ search: "team/shop old" }), ["old", "oldest"]);
    assert.deepEqual(names({ search: "ada grace" }), []);
  });

  it("tells how many each filter would leave beside the others", () => {
    const view = viewList(ALL, { ...WHOLE_LIST, owner: "ada", phase: "Ready" }, CONTEXT);
    assert.deepEqual(
      view.phases.map(({ value, count }) => [value, count]),
      [["Ready", 1]],
    );
    assert.deepEqual(
      view.owners.map(({ value, count }) => [value, count]),
      [["ada", 1]],
    );
    assert.deepEqual([view.total, view.matching, view.ofAnyPhase], [4, 1, 1]);
  });

  it("counts costs of what is reserved: volumes alone while asleep, nothing in line", () => {
    const costs = new Map(viewList(ALL, WHOLE_LIST, CONTEXT).rows.map(({ name, cost }) => [name, cost]));
    // 50m and 110m of cpu, 128Mi and 288Mi of memory, 1Gi of volume.
    assert.equal(costs.get("young"), "€4.52");
    assert.equal(costs.get("middle"), "€0.10");
    assert.deepEqual([costs.get("old"), costs.get("oldest")], [undefined, undefined]);
    assert.deepEqual(names({ sort: "cost", descending: true }).slice(0, 2), ["young", "middle"]);
  });

  it("shows each environment on exactly one page, whatever is asked for", () => {
    const many = Array.from({ length: 230 }, (_, index) =>
      environment(`shop-${index}`, PHASES[index % PHASES.length], {
        minutes: (index * 37) % 500,
        spec: { owner: ["ada", "grace", undefined][index % 3] },
      }),
    );
    const queries = fc.record({
      search: fc.constantFrom("", "shop", "shop-1", "ada"),
      phase: fc.constantFrom("" as const, ...PHASES),
      repository: fc.constant(""),
      owner: fc.constantFrom("", "ada"),
      sort: fc.constantFrom(...SORT_KEYS),
      descending: fc.boolean(),
      page: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(queries, (query) => {
        const first = viewList(many, { ...query, page: 1 }, CONTEXT);
        const pages = Array.from({ length: first.pages }, (_, index) =>
          viewList(many, { ...query, page: index + 1 }, CONTEXT),
        );
        const shown = pages.flatMap(({ rows }) => rows.map(({ name }) => name));
        assert.equal(new Set(shown).size, first.matching);
        assert.equal(shown.length, first.matching);
        assert.ok(pages.every(({ rows }) => rows.length <= PAGE_SIZE));
        assert.ok(viewList(many, query, CONTEXT).query.page <= first.pages);
      }),
      { numRuns: 40 },
    );
  });
});

describe("The address of a list", () => {
  it("says what is asked for, and is read as it was written", () => {
    const text = fc.string({ maxLength: 30 }).map((each) => each.trim());
    const queries = fc.record({
      search: text,
      phase: fc.constantFrom("" as const, ...PHASES),
      repository: text,
      owner: text,
      sort: fc.constantFrom(...SORT_KEYS),
      descending: fc.boolean(),
      page: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(queries, (query) => {
        const { searchParams } = new URL(listAddress(query, { page: query.page }), "http://service");
        assert.deepEqual(readListQuery(Object.fromEntries(searchParams)), { ...query });
      }),
    );
    assert.equal(listAddress(WHOLE_LIST), "/");
  });

  it("means the whole list where it makes no sense", () => {
    const wrong = { page: "-1", sort: "__proto__", phase: "Happy", descending: "1", search: ["a"], owner: { a: 1 } };
    assert.deepEqual(readListQuery(wrong), WHOLE_LIST);
  });
});
