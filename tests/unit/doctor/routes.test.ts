import assert from "node:assert/strict";
import { diagnose } from "../../../doctor/index.ts";
import type { RouteReport } from "../../../stacks/route-status.ts";
import { healthy, SHOP } from "./shop.ts";

const ROUTE = { namespace: SHOP, name: "web", hostnames: [], gateway: "gateway/public" };

function firstFinding(route: Pick<RouteReport, "state" | "reason">) {
  return diagnose({ ...healthy(), routes: [{ ...ROUTE, ...route }] }).causes[0]?.finding;
}

describe("the doctor's look at routes", () => {
  it("finds nothing wrong with one that the gateway leads to", () => {
    assert.equal(firstFinding({ state: "accepted" }), undefined);
  });

  it("tells why a gateway refuses one", () => {
    const found = firstFinding({ state: "refused", reason: "NoMatchingParent: no listener nowhere" });
    assert.equal(
      found?.says,
      "HTTPRoute web is refused by the Gateway gateway/public: requests from outside do not reach web.",
    );
    assert.deepEqual(found.evidence, ["NoMatchingParent: no listener nowhere"]);
    assert.equal(found.next, `bin/terrarium kubectl --stack dev -- describe httproute web -n ${SHOP}`);
  });

  it("tells of one that no gateway has answered for where to look", () => {
    const found = firstFinding({ state: "unanswered" });
    assert.equal(
      found?.says,
      "No gateway leads to HTTPRoute web: nobody has answered for it as the Gateway gateway/public.",
    );
    assert.equal(found.next, "bin/terrarium kubectl --stack dev -- describe gateway public -n gateway");
  });
});
