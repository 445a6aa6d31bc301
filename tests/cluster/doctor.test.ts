import assert from "node:assert/strict";
import { BREAKAGES } from "./breakages.ts";
import { breakAll, type Verdicts } from "./broken-environments.ts";

describe("terrarium doctor on running environments that somebody breaks", () => {
  const breakages = BREAKAGES.filter(({ isAlone }) => !isAlone);
  let verdicts: Verdicts[];
  before(() => {
    verdicts = breakAll(breakages);
  });

  it("finds nothing wrong while they are in order", async () => {
    for (const { causes, unread } of await Promise.all(verdicts.map(({ healthy }) => healthy))) {
      assert.deepEqual({ causes, unread }, { causes: [], unread: [] });
    }
  });

  for (const breakage of breakages) {
    it(`names ${breakage.name} first`, async () => {
      const { firstLine, causes } = await verdictOn(breakage);
      assert.match(firstLine, breakage.firstLine, JSON.stringify(causes.slice(0, 3), null, 2));
    });
  }

  const verdictOn = (breakage: (typeof breakages)[number]) => {
    const found = verdicts.map(({ broken }) => broken.get(breakage)).find((verdict) => verdict !== undefined);
    return found ?? assert.fail(`nobody has tried ${breakage.name}`);
  };
});
