import assert from "node:assert/strict";
import { EventRecorder } from "../../../platform/adapters/kubernetes/events.ts";
import type { PreviewEnvironment } from "../../../spec/index.ts";
import { quietLog } from "./quiet-log.ts";
import type { ScriptedApi } from "./scripted-api.ts";
import type { ScriptedClock } from "./scripted-clock.ts";
import { createEnvironment, environmentOf, newWorld } from "./service.ts";

describe("Kubernetes Events", () => {
  it("count up when the same happens again within an hour, and are new after that", async () => {
    const { api, clock, record } = setUp();
    for (let time = 0; time < 5; time++) await record("StateLocked", "It waits.");
    assert.deepEqual(countsOf(api), [5]);
    await clock.advance(3_600_000);
    await record("StateLocked", "It waits.");
    assert.deepEqual(countsOf(api), [1, 5]);
  });

  it("are not written without end about one object", async () => {
    const { api, clock, record } = setUp();
    for (let number = 0; number < 100; number++) await record("UpdateFailed", `Failure ${number}.`);
    assert.equal(countsOf(api).length, 25);
    await clock.advance(60_000);
    for (let number = 100; number < 110; number++) await record("UpdateFailed", `Failure ${number}.`);
    assert.equal(countsOf(api).length, 26);
  });

  it("are left out when they can't be written", async () => {
    const { api, record } = setUp();
    api.refuse = () => 403;
    await record("UpdateFailed", "It failed.");
    assert.deepEqual(countsOf(api), []);
  });
});

function setUp() {
  const world = newWorld();
  createEnvironment(world, "one");
  const environment = environmentOf(world, "one") as PreviewEnvironment;
  const { api, clock }: { api: ScriptedApi; clock: ScriptedClock } = world;
  const recorder = new EventRecorder({ api, clock, log: quietLog() });
  const record = (reason: string, message: string) =>
    recorder.record(environment, { type: "Warning", reason, message });
  return { api, clock, record };
}

function countsOf(api: ScriptedApi): number[] {
  const events = [...api.objects].filter(([path]) => path.includes("/events/"));
  return events.map(([, event]) => (event as unknown as { count: number }).count).sort();
}
