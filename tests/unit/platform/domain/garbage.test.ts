import assert from "node:assert/strict";
import { findGarbage, leftoverKey, type GarbageSituation, type Listing } from "../../../../platform/domain/garbage.ts";
import { after, NOW } from "./situations.ts";

const all = <Item>(...items: Item[]): Listing<Item> => ({ ok: true, items });
const broken: Listing<never> = { ok: false, problem: "the API server went away" };
const namespace = (name: string, environment: string) => ({ name, environment });

function search(differing: Partial<GarbageSituation>) {
  const { leftovers, remove, reported, problem } = findGarbage({
    environments: all("a"),
    stacks: all(),
    namespaces: all(),
    busy: new Set(),
    reported: new Map(),
    now: NOW,
    graceMs: 600_000,
    dryRun: false,
    ...differing,
  });
  return { leftovers: leftovers.map(leftoverKey), remove: remove.map(leftoverKey), reported, problem };
}

const LEFT = {
  stacks: all("preview-a", "preview-b"),
  namespaces: all(namespace("preview-a", "a"), namespace("preview-b", "b")),
};

describe("The search for leftovers", () => {
  it("finds what no Environment wants, and only reports it at first", () => {
    const { leftovers, remove, reported } = search(LEFT);
    assert.deepEqual(leftovers, ["stack/preview-b", "namespace/preview-b"]);
    assert.deepEqual(remove, []);
    assert.deepEqual(reported.get("stack/preview-b"), NOW);
  });

  it("removes it when it is still there after the grace time: the stack, which takes its namespace along", () => {
    const { reported } = search(LEFT);
    assert.deepEqual(search({ ...LEFT, reported, now: after(599) }).remove, []);
    const second = search({ ...LEFT, reported, now: after(600) });
    assert.deepEqual(second.remove, ["stack/preview-b"]);
    assert.deepEqual(second.reported, reported);
    const third = search({ stacks: all("preview-a"), namespaces: LEFT.namespaces, reported, now: after(600) });
    assert.deepEqual(third.remove, ["namespace/preview-b"]);
  });

  it("knows a log collector's namespace by its environment", () => {
    const logs = all(namespace("preview-a-logs", "a"), namespace("preview-b-logs", "b"));
    assert.deepEqual(search({ namespaces: logs }).leftovers, ["namespace/preview-b-logs"]);
    const withStack = search({ stacks: all("preview-b"), namespaces: logs, graceMs: 0 });
    const { remove } = search({ stacks: all("preview-b"), namespaces: logs, graceMs: 0, reported: withStack.reported });
    assert.deepEqual(remove, ["stack/preview-b"], "the stack takes it along");
  });

  it("forgets a report of what is wanted again", () => {
    const { reported } = search(LEFT);
    const wanted = search({ ...LEFT, environments: all("a", "b"), reported, now: after(600) });
    assert.deepEqual([wanted.leftovers, wanted.remove, wanted.reported.size], [[], [], 0]);
  });

  it("removes nothing in a dry run", () => {
    const { reported } = search(LEFT);
    const second = search({ ...LEFT, reported, now: after(9999), dryRun: true });
    assert.deepEqual([second.leftovers.length, second.remove], [2, []]);
  });

  it("leaves alone what isn't a preview environment's, and what an operation works on", () => {
    assert.deepEqual(search({ stacks: all("prod", "shop-dev") }).leftovers, []);
    assert.deepEqual(search({ ...LEFT, busy: new Set(["preview-b"]) }).leftovers, []);
  });

  for (const missing of ["environments", "stacks", "namespaces"] as const) {
    it(`says nothing, and keeps its reports, when the list of ${missing} is not complete`, () => {
      const { reported } = search(LEFT);
      const found = search({ ...LEFT, reported, now: after(9999), [missing]: broken });
      assert.deepEqual(found, { leftovers: [], remove: [], reported, problem: "the API server went away" });
    });
  }
});
