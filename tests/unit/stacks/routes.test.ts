import assert from "node:assert/strict";
import fc from "fast-check";
import { toRoute } from "../../../stacks/route-status.ts";
import { listRoutes } from "../../../stacks/routes.ts";

type Answer = readonly [type: string, status: string, generation?: number];

function route(...parents: readonly (readonly Answer[])[]): Parameters<typeof toRoute>[0] {
  return {
    kind: "HTTPRoute",
    metadata: { namespace: "shop-prod", name: "web", generation: 3 },
    spec: { parentRefs: [{ name: "public", namespace: "gateway" }], hostnames: ["shop.example.com"] },
    status: {
      parents: parents.map((answers) => ({
        parentRef: { name: "public", namespace: "gateway" },
        conditions: answers.map(([type, status, observedGeneration = 3]) => {
          return { type, status, observedGeneration, reason: "Because", message: "of this" };
        }),
      })),
    },
  };
}

const yes = [
  ["Accepted", "True"],
  ["ResolvedRefs", "True"],
] as const;

describe("a route", () => {
  it("is accepted where the gateway takes it and finds its service", () => {
    assert.deepEqual(toRoute(route(yes)), {
      namespace: "shop-prod",
      name: "web",
      hostnames: ["shop.example.com"],
      gateway: "gateway/public",
      state: "accepted",
    });
  });

  for (const refused of ["Accepted", "ResolvedRefs"]) {
    it(`is refused where ${refused} does not hold, with the gateway's reason`, () => {
      const { state, reason } = toRoute(route([...yes.filter(([type]) => type !== refused), [refused, "False"]]));
      assert.deepEqual({ state, reason }, { state: "refused", reason: "Because: of this" });
    });
  }

  it("is refused with the reason alone where the gateway says no more", () => {
    const silent = route([["Accepted", "False"]]);
    const [parent] = silent.status?.["parents"] as [{ conditions: [{ message: string }] }];
    parent.conditions[0].message = "";
    assert.equal(toRoute(silent).reason, "Because");
  });

  it("is unanswered while nobody has said anything, or not all, or only of an older version", () => {
    const old = yes.map(([type, status]) => [type, status, 2] as const);
    for (const answers of [[], [[]], [[yes[0]]], [[yes[1]]], [old]] as const) {
      assert.equal(toRoute(route(...answers)).state, "unanswered");
    }
    assert.equal(toRoute({ ...route(), status: {} }).state, "unanswered");
  });

  it("has no answer of other gateways", () => {
    const other = route(yes);
    const spec = { parentRefs: [{ name: "internal", namespace: "gateway" }] };
    assert.equal(toRoute({ ...other, spec }).state, "unanswered");
  });

  it("is refused as soon as one condition that is needed does not hold, and never accepted without both", () => {
    const answer = fc.tuple(
      fc.constantFrom("Accepted", "ResolvedRefs", "Programmed"),
      fc.constantFrom("True", "False", "Unknown"),
    );
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(answer, { selector: ([type]) => type }), { maxLength: 3 }), (parents) => {
        const { state } = toRoute(route(...parents));
        const says = (type: string, status: string) =>
          parents.flat().some((said) => said[0] === type && said[1] === status);
        const isRefused = says("Accepted", "False") || says("ResolvedRefs", "False");
        const isAccepted = !isRefused && says("Accepted", "True") && says("ResolvedRefs", "True");
        assert.equal(state, isRefused ? "refused" : isAccepted ? "accepted" : "unanswered");
      }),
    );
  });
});

describe("the routes of a namespace", () => {
  const reader = (code: number, stdout: string, stderr = "") => ({
    kubectl: "kubectl",
    access: {},
    env: {},
    run: () => Promise.resolve({ code, stdout, stderr }),
  });

  it("are none on a cluster without the Gateway API", async () => {
    const stderr = `error: the server doesn't have a resource type "httproutes"`;
    assert.deepEqual(await listRoutes(reader(1, "", stderr), "shop-prod"), []);
  });

  it("are not taken for none when they can't be read", async () => {
    await assert.rejects(listRoutes(reader(1, "", "error: connection refused"), "shop-prod"), /connection refused/);
  });
});
