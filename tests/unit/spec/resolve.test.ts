import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import {
  needsStableIdentity,
  resolveEnvironment,
  toEnvironmentSpec,
  TIERS,
  TIER_DEFAULTS,
} from "../../../spec/index.ts";
import { serviceSchema } from "../../../spec/service.ts";
import { IMAGE, resolvedService, withService } from "./environments.ts";

const milli = fc.integer({ min: 1, max: 4000 }).map((count) => `${count}m`);
const mebi = fc.integer({ min: 1, max: 4000 }).map((count) => `${count}Mi`);
const quantities = fc.record({ cpu: milli, memory: mebi }, { requiredKeys: [] });

/** Services as a team may write them, without references to others; values in ranges that every tier accepts. */
const service = fc.record(
  {
    image: fc.constant(IMAGE),
    command: fc.array(fc.string(), { maxLength: 2 }),
    component: fc.constantFrom("auth", "backend"),
    identity: fc.constantFrom("none", "stable"),
    replicas: fc.integer({ min: 3, max: 20 }),
    scaling: fc.record(
      {
        minReplicas: fc.integer({ min: 3, max: 5 }),
        maxReplicas: fc.integer({ min: 20, max: 50 }),
        targetCpuPercent: fc.integer({ min: 1, max: 100 }),
      },
      { requiredKeys: ["maxReplicas"] },
    ),
    volumes: fc.constantFrom([], [{ name: "data", mountPath: "/data", size: "1Gi" }]),
    ports: fc.constantFrom({ http: 80 }, { http: 8080, grpc: 9000 }),
    internet: fc.boolean(),
    expose: fc.constantFrom({}, { hostnames: ["a.example.com"], paths: ["/api"] }),
    env: fc.dictionary(fc.stringMatching(/^X[A-Z_]{0,8}$/), fc.string(), { maxKeys: 3, noNullPrototype: true }),
    secrets: fc.constantFrom({}, { TOKEN: { generate: {} } }, { TOKEN: { config: "token" } }),
    resources: fc.oneof(fc.record({ requests: quantities }), fc.record({ limits: quantities }), fc.constant({})),
    logLevel: fc.constantFrom("trace", "error"),
    metrics: fc.constantFrom(false, {}, { path: "/stats" }),
    user: fc.integer({ min: 1, max: 70000 }),
    rollout: fc.constantFrom({}, { maxUnavailable: 1, maxSurge: 0 }),
    nodePort: fc.integer({ min: 30000, max: 32767 }),
  },
  { requiredKeys: ["image"] },
);

describe("A resolved environment", () => {
  it("has services that are valid descriptions themselves, and resolving them again changes nothing", () => {
    fc.assert(
      fc.property(service, fc.constantFrom(...TIERS), (given, tier) => {
        const once = resolvedService(given, tier);
        assert.deepEqual(serviceSchema.parse(once), once);
        assert.deepEqual(resolvedService(once, tier), once);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps every value that a team gave", () => {
    fc.assert(
      fc.property(service, fc.constantFrom(...TIERS), (given, tier) => {
        const resolved: Record<string, unknown> = { ...resolvedService(given, tier) };
        for (const key of [
          "image",
          "command",
          "component",
          "identity",
          "ports",
          "internet",
          "env",
          "logLevel",
          "user",
          "nodePort",
          "replicas",
        ] as const) {
          if (given[key] !== undefined) assert.deepEqual(resolved[key], given[key], key);
        }
      }),
    );
  });

  it("has at least the replicas its tier wants", () => {
    fc.assert(
      fc.property(
        service,
        fc.constantFrom(...TIERS),
        (given, tier) => resolvedService(given, tier).replicas >= TIER_DEFAULTS[tier].minReplicas,
      ),
    );
  });

  it("is made without changing the description", () => {
    const given = withService({ resources: { limits: { cpu: "2" } } });
    const before = structuredClone(given);
    resolveEnvironment(given);
    assert.deepEqual(given, before);
  });

  it("gives pods an identity where the service asks for it or has volumes, and else none", () => {
    assert.equal(needsStableIdentity(resolvedService({})), false);
    assert.equal(needsStableIdentity(resolvedService({ identity: "stable" })), true);
    assert.equal(
      needsStableIdentity(resolvedService({ volumes: [{ name: "data", mountPath: "/data", size: "1Gi" }] })),
      true,
    );
  });

  for (const tier of TIERS) {
    it(`is what the guestbook resolves to in tier ${tier}`, () => {
      const base: unknown = parse(
        readFileSync(new URL("../../../examples/guestbook/environment.yaml", import.meta.url), "utf8"),
      );
      const spec = toEnvironmentSpec({ stack: tier, project: "terrarium", base, config: { tier } });
      const { name, services, dataStores, migrations } = resolveEnvironment(spec, []);
      assert.equal(name, `guestbook-${tier}`);
      assert.deepEqual(Object.keys(services), [
        "guestbook-mf",
        "guestbook-backend",
        "guestbook-worker",
        "guestbook-auth",
      ]);
      assert.deepEqual(Object.keys(dataStores), ["postgres", "redis"]);
      assert.deepEqual(Object.keys(migrations), ["guestbook-migrate"]);
    });
  }
});
