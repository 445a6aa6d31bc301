import assert from "node:assert/strict";
import fc from "fast-check";
import { diagnose } from "../../../doctor/index.ts";
import { containerStatus, event, firstLineAfter, healthy, LATELY, setPod, SHOP } from "./shop.ts";

const POD = "api-7d4b9c-x1";
const LIKELY =
  "Deployment api is most likely killed for lack of memory: container api needs more than its limit of 256Mi.";
const STARTED = "2029-06-01T11:57:30Z";

type Shop = ReturnType<typeof healthy>;

/** A container that the kernel has killed, as a kubelet reports it whose runtime did not hear why. */
function kill(facts: Shop, more: object = {}, ofPod: object = {}): void {
  const terminated = { exitCode: 137, reason: "Error", startedAt: STARTED, finishedAt: LATELY, ...more };
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 20s restarting failed container" };
  const again = { restartCount: 2, lastState: { terminated } };
  setPod(facts, "api", { ...containerStatus("api", { waiting }, again), ...ofPod });
}

function withoutLimit(facts: Shop): void {
  facts.objects.Pod = facts.objects.Pod?.map((pod) => ({
    ...pod,
    spec: { ...pod.spec, containers: pod.spec?.containers?.map((container) => ({ ...container, resources: {} })) },
  }));
}

describe("a container that was killed", () => {
  it("has most likely lacked memory when it has a limit and the kubelet did not kill it", () => {
    assert.equal(firstLineAfter(kill), LIKELY);
    const evidence = diagnose(brokenBy(kill)).causes[0]?.finding.evidence.join();
    assert.match(
      evidence ?? "",
      /ended with Error \(exit code 137\), restarted 2 times \| it was killed, and no event/,
    );
  });

  it("has lacked memory for certain when the kubelet says so", () => {
    const told = firstLineAfter((facts) => {
      kill(facts, { reason: "OOMKilled" });
    });
    assert.equal(told, LIKELY.replace("most likely ", ""));
  });

  it("has lacked its pod's or its node's memory when it has no limit and the kubelet tells of it", () => {
    const told = firstLineAfter((facts) => {
      kill(facts, { reason: "OOMKilled" });
      withoutLimit(facts);
    });
    assert.match(
      told,
      /^Deployment api is killed for lack of memory: container api has no limit, so its pod or its node/,
    );
  });

  it("has the alert on its memory as evidence", () => {
    const facts = brokenBy(kill);
    const summary = "The largest pod of api uses 97 % of its memory limit";
    facts.alerts = [{ name: "MemoryNearLimit", service: "api", severity: "warning", summary }];
    const evidence = diagnose(facts).causes[0]?.finding.evidence.join();
    assert.match(evidence ?? "", /alert MemoryNearLimit fires: The largest pod of api uses 97 %/);
  });

  const others: readonly [string, (facts: Shop) => void][] = [
    ["has no limit", withoutLimit],
    [
      "ended with another code",
      (facts) => {
        kill(facts, { exitCode: 143 });
      },
    ],
    [
      "is of a pod that its node has ended",
      (facts) => {
        kill(facts, {}, { reason: "NodeShutdown" });
      },
    ],
    [
      "ended so long ago that its events are gone",
      (facts) => {
        kill(facts, { finishedAt: "2029-06-01T09:00:00Z" });
      },
    ],
    [
      "begins anew in another sandbox",
      (facts) => {
        event(facts, "Pod", POD, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
      },
    ],
    [
      "was ended at a moment that nobody knows",
      (facts) => {
        kill(facts, { startedAt: undefined });
        event(facts, "Pod", POD, "Killing", "Container api failed liveness probe, will be restarted");
      },
    ],
  ];
  for (const [name, change] of others) {
    it(`is not said to have lacked memory when it ${name}`, () => {
      const line = firstLineAfter((facts) => {
        kill(facts);
        change(facts);
      });
      assert.match(line, /^Deployment api ends again and again: container api exits with code \d+\.$/);
    });
  }

  for (const probe of ["liveness", "startup"]) {
    it(`because its ${probe} probe fails did not lack memory`, () => {
      const line = firstLineAfter((facts) => {
        kill(facts);
        const failed = `${probe === "startup" ? "Startup" : "Liveness"} probe failed: connection refused`;
        event(facts, "Pod", POD, "Unhealthy", failed);
        event(facts, "Pod", POD, "Killing", `Container api failed ${probe} probe, will be restarted`);
      });
      assert.match(line, new RegExp(`^Deployment api is ended again and again, because its ${probe} probe fails: `));
    });
  }

  it("lacked memory also when its startup probe failed while it started", () => {
    const line = firstLineAfter((facts) => {
      kill(facts);
      event(facts, "Pod", POD, "Unhealthy", "Startup probe failed: connection refused");
    });
    assert.equal(line, LIKELY);
  });

  it("lacked memory only when every event about the kubelet's killing is older than its start", () => {
    const seconds = fc.integer({ min: -600, max: 600 });
    fc.assert(
      fc.property(fc.array(seconds, { maxLength: 4 }), (offsets) => {
        const facts = brokenBy(kill);
        facts.objects.Event = offsets.map((offset) => ({
          involvedObject: { kind: "Pod", name: POD, namespace: SHOP },
          reason: "Killing",
          message: "Container api failed liveness probe, will be restarted",
          lastTimestamp: new Date(Date.parse(STARTED) + offset * 1000).toISOString(),
        }));
        const isLikely = diagnose(facts).causes[0]?.finding.says === LIKELY;
        assert.equal(
          isLikely,
          offsets.every((offset) => offset < 0),
        );
      }),
    );
  });
});

function brokenBy(change: (facts: Shop) => void): Shop {
  const facts = healthy();
  change(facts);
  return facts;
}
