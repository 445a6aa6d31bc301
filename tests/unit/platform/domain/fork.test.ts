import assert from "node:assert/strict";
import fc from "fast-check";
import type { ServiceSpec } from "../../../../spec/index.ts";
import { decide } from "../../../../platform/domain/decide.ts";
import { describe as describeEnvironment } from "../../../../platform/domain/describe.ts";
import { forFork } from "../../../../platform/domain/fork.ts";
import { commit, environment, REPOSITORY, settings, situation } from "./situations.ts";

const source = { repository: REPOSITORY, branch: "pull/42/head", commit: commit(1) };
const fork = { source, pullRequest: { number: 42, fork: true } };
const approval = { commit: commit(1), by: "ada" };

/** A repository whose services have all that a stranger's code must not have. */
const generous = settings({
  repositories: {
    [REPOSITORY]: {
      secretFiles: { "payment-token": "/etc/planted/payment-token" },
      base: {
        services: {
          web: {
            image: "team/shop:1.0.0",
            source: {},
            secrets: { TOKEN: { config: "payment-token" }, SESSION_KEY: { generate: {} } },
            internet: true,
            egress: [{ cidr: "10.20.0.0/16", ports: [443] }],
            serviceAccountToken: true,
          },
        },
        dataStores: { postgres: { engine: "postgres", database: "shop" } },
        network: { httpsEgress: "all" },
      },
      seeds: {
        customers: { dataStore: "postgres", seed: { required: false, dump: { config: "payment-token", egress: [] } } },
      },
      seed: "customers",
    },
  },
});

describe("A fork's environment", () => {
  it("runs nothing before its very commit was approved", () => {
    for (const spec of [fork, { ...fork, approval: { ...approval, commit: commit(2) } }]) {
      const { status, actions } = decide(situation({ environment: environment({ spec }), settings: generous }));
      assert.deepEqual(actions, []);
      assert.equal(status.phase, "Queued");
      const [ready] = status.conditions ?? [];
      assert.equal(ready?.reason, "ApprovalNeeded");
      assert.ok(ready.message.includes(`"/approve ${commit(1)}"`), ready.message);
    }
  });

  it("runs once it is approved", () => {
    const { actions } = decide(
      situation({ environment: environment({ spec: { ...fork, approval } }), settings: generous }),
    );
    assert.deepEqual(
      actions.map((action) => action.do),
      ["start"],
    );
  });

  it("tells whose approval a push has made void", () => {
    const moved = { ...fork, approval: { ...approval, commit: commit(7) } };
    const description = describeEnvironment(environment({ spec: moved }), generous);
    assert.ok(!description.ok && description.message.includes(`The approval by ada was for ${commit(7)} and is void.`));
  });

  it("can't be approved without a commit", () => {
    const newest = { repository: source.repository, branch: source.branch };
    const description = describeEnvironment(environment({ spec: { ...fork, source: newest, approval } }), generous);
    assert.ok(!description.ok && description.reason === "ApprovalNeeded");
  });

  it("takes no place in line while it waits for approval", () => {
    const waiting = environment({ spec: fork });
    const { status } = decide(situation({ environment: waiting, settings: generous, admission: WAITS }));
    assert.equal(status.position, undefined);
  });

  it("gets no value of the platform, no token, and no address beyond its own", () => {
    const description = describeEnvironment(environment({ spec: { ...fork, approval } }), generous);
    assert.ok(description.ok);
    assert.equal(description.secretFiles, undefined);
    const { web } = description.spec.services ?? {};
    assert.deepEqual(web?.secrets, { SESSION_KEY: { generate: {} } });
    assert.deepEqual([web.internet, web.egress, web.serviceAccountToken], [false, [], false]);
    assert.equal(description.spec.network?.httpsEgress, "declared");
    assert.ok(!JSON.stringify(description.spec.dataStores).includes("seed"));
    assert.ok(!JSON.stringify(description).includes("payment-token"));
  });

  it("reaches public addresses only where it is built from source", () => {
    const description = describeEnvironment(environment({ spec: { ...fork, approval, mode: "source" } }), generous);
    assert.ok(description.ok && description.spec.services?.["web"]?.internet);
  });

  it("differs from the same pull request of the repository itself, which has all of that", () => {
    const own = { source, pullRequest: { number: 42, fork: false } };
    const description = describeEnvironment(environment({ spec: own }), generous);
    assert.ok(description.ok);
    assert.deepEqual(description.secretFiles, { "payment-token": "/etc/planted/payment-token" });
    assert.ok(description.spec.services?.["web"]?.internet);
  });

  it("has no way to a secret, whatever its repository's description says", () => {
    const anyService: fc.Arbitrary<ServiceSpec> = fc.record(
      {
        image: fc.constant("team/shop:1.0.0"),
        secrets: fc.dictionary(
          fc.string(),
          fc.oneof(fc.record({ config: fc.string() }), fc.record({ generate: fc.constant({}) })),
        ),
        internet: fc.boolean(),
        egress: fc.array(fc.constant({ cidr: "10.0.0.0/8", ports: [1] })),
        serviceAccountToken: fc.boolean(),
      },
      { requiredKeys: ["image"] },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anyService), (services) => {
        const snapshot = { namespace: "golden", name: "shop" };
        const dataStores = { db: { engine: "postgres", seed: { sql: "select 1" }, snapshot } } as const;
        const fork = forFork({ name: "preview-x", tier: "dev", application: "shop", services, dataStores });
        assert.doesNotMatch(JSON.stringify(fork.dataStores), /select|golden/);
        const confined = fork.services ?? {};
        for (const { secrets = {}, internet, egress, serviceAccountToken } of Object.values(confined)) {
          assert.ok(!Object.values(secrets).some((from) => "config" in from));
          assert.deepEqual([internet, egress, serviceAccountToken], [false, [], false]);
        }
        assert.deepEqual(Object.keys(confined), Object.keys(services));
      }),
    );
  });
});

const WAITS = { admitted: false, position: 3, reason: "GlobalCap" } as const;
