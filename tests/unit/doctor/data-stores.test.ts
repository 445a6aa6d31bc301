import assert from "node:assert/strict";
import { diagnose } from "../../../doctor/index.ts";
import { healthy, setReady, SHOP } from "./shop.ts";

type Shop = ReturnType<typeof healthy>;

/** How grave it is that a data store has refused a client within the last minutes. */
function severityAfter(change: (facts: Shop) => void): string | undefined {
  const facts = healthy();
  const lines = ['FATAL:  password authentication failed for user "shop"'];
  facts.logs = [{ namespace: SHOP, pod: "postgres-0", container: "postgres", lines }];
  change(facts);
  const all = diagnose(facts).causes.flatMap(({ finding, consequences }) => [finding, ...consequences]);
  return all.find(({ rule }) => rule === "login-refused")?.severity;
}

describe("a data store that has refused a client", () => {
  it("is only warned of where all that is wanted runs: its log still tells of what was mended", () => {
    assert.equal(
      severityAfter(() => undefined),
      "warning",
    );
  });

  it("fails where a service has not all of its pods, or a Job has failed and not succeeded", () => {
    const cases: readonly ((facts: Shop) => void)[] = [
      (facts) => {
        setReady(facts, "api", 0);
      },
      (facts) => {
        facts.objects.Job = facts.objects.Job?.map((job) => ({ ...job, status: { failed: 1 } }));
      },
    ];
    for (const change of cases) assert.equal(severityAfter(change), "failing");
  });
});
