import assert from "node:assert/strict";
import { runChaos } from "./chaos/run.ts";

describe("the platform service in chaos", () => {
  it("drives every environment to what is wanted, and leaves nothing else behind, whatever is killed", async function () {
    this.timeout(300_000);
    const story: string[] = [];
    const options = { seed: 1, environments: 8, kills: 5, apiRestarts: 1, providerCrashes: 2, keepLease: false };
    const { problems } = await runChaos(options, (line) => story.push(line));
    assert.deepEqual(problems, [], story.join("\n"));
  });
});
