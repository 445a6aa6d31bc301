import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidSpecError, isSet, toEnvironmentSpec, type EnvironmentSpec } from "../../../spec/index.ts";

const stack = { stack: "staging", project: "terrarium" };

/** Merges one stack's services over a base's; services stand for any map of the configuration. */
function merged(base: unknown, patch: unknown): unknown {
  return toEnvironmentSpec({ ...stack, base: { services: base }, config: { services: patch } })["services"];
}

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
const key = fc.constantFrom("a", "b", "c", "d");
const tree = fc.letrec<{ node: unknown; map: Record<string, unknown> }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, leaf, tie("map")),
  map: fc.dictionary(key, tie("node"), { maxKeys: 4, noNullPrototype: true }),
})).map;

describe("A stack's configuration", () => {
  it("is laid over its base: maps merge, lists and scalars replace", () => {
    assert.deepEqual(
      merged(
        { api: { image: "a/b:1", calls: ["db", "cache"], env: { MODE: "slow", REGION: "eu" } } },
        { api: { replicas: 3, calls: ["db"], env: { MODE: "fast" } } },
      ),
      { api: { image: "a/b:1", calls: ["db"], env: { MODE: "fast", REGION: "eu" }, replicas: 3 } },
    );
  });

  it("removes what it sets to null, at any depth and at the top", () => {
    assert.deepEqual(
      merged(
        { api: { image: "a/b:1", expose: { paths: ["/"] } }, old: { image: "c:1" } },
        { api: { expose: null }, old: null },
      ),
      {
        api: { image: "a/b:1" },
      },
    );
    const spec = toEnvironmentSpec({ ...stack, base: { quota: { pods: 5 } }, config: { quota: null } });
    assert.ok(!("quota" in spec));
  });

  it("replaces a scalar by a map and a map by a scalar", () => {
    assert.deepEqual(merged({ api: { metrics: false } }, { api: { metrics: { port: "http" } } }), {
      api: { metrics: { port: "http" } },
    });
    assert.deepEqual(merged({ api: { metrics: { port: "http" } } }, { api: { metrics: false } }), {
      api: { metrics: false },
    });
  });

  it("drops nulls from a map that the base doesn't have", () => {
    assert.deepEqual(merged({}, { api: { image: "a:1", expose: null } }), { api: { image: "a:1" } });
  });

  it("changes nothing when it is empty", () => {
    fc.assert(
      fc.property(tree, (base) => {
        assert.deepEqual(merged(base, {}), base);
        assert.deepEqual(merged(base, { nested: {} }), {
          ...base,
          nested: typeof base["nested"] === "object" ? base["nested"] : {},
        });
      }),
    );
  });

  it("overrules its base key by key, and laying it over twice changes nothing more", () => {
    const overruled = (base: unknown, patch: unknown, result: unknown): void => {
      if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return assert.deepEqual(result, patch);
      const target =
        typeof base === "object" && base !== null && !Array.isArray(base) ? (base as Record<string, unknown>) : {};
      const found = result as Record<string, unknown>;
      assert.deepEqual(Object.keys(found).sort(), [...new Set([...Object.keys(target), ...Object.keys(patch)])].sort());
      for (const [name, value] of Object.entries(patch)) overruled(target[name], value, found[name]);
      for (const name of Object.keys(target)) if (!(name in patch)) assert.deepEqual(found[name], target[name]);
    };
    const nonEmpty = tree.filter((patch) => Object.keys(patch).length > 0);
    fc.assert(
      fc.property(tree, nonEmpty, (base, patch) => {
        const once = merged(base, patch);
        overruled(base, patch, once);
        assert.deepEqual(merged(once, patch), once);
      }),
    );
  });

  it("leaves its base as it was", () => {
    const base = { api: { env: { A: "1" } } };
    merged(base, { api: { env: { A: "2" } } });
    assert.deepEqual(base, { api: { env: { A: "1" } } });
  });

  it("names the environment after application and stack, and the application after the project", () => {
    assert.deepEqual(toEnvironmentSpec({ ...stack, config: { tier: "dev" } }), {
      tier: "dev",
      application: "terrarium",
      name: "terrarium-staging",
    });
    assert.equal(toEnvironmentSpec({ ...stack, config: { application: "shop" } })["name"], "shop-staging");
    assert.equal(
      toEnvironmentSpec({ ...stack, base: { application: "shop" }, config: { name: "mine" } })["name"],
      "mine",
    );
  });

  it("reads what Pulumi fills unset keys with as unset", () => {
    const spec: Partial<EnvironmentSpec> = toEnvironmentSpec({
      ...stack,
      base: { application: "shop", services: { api: { image: "a:1" } } },
      config: { tier: "dev", application: "", name: "", services: {}, dataStores: {}, quota: {} },
    });
    assert.deepEqual(spec, {
      tier: "dev",
      application: "shop",
      name: "shop-staging",
      services: { api: { image: "a:1" } },
    });
    assert.deepEqual(
      [isSet(""), isSet({}), isSet(undefined), isSet(false), isSet(0), isSet([])],
      [false, false, false, true, true, true],
    );
  });

  it("keeps out of the description what says where the stack runs", () => {
    const config = {
      tier: "dev",
      context: "kind-dev",
      kubeconfig: "~/.kube/config",
      base: "x.yaml",
      secretValues: { key: "s3cret" },
    };
    const spec = toEnvironmentSpec({ ...stack, config });
    assert.deepEqual(Object.keys(spec).sort(), ["application", "name", "tier"]);
  });

  it("refuses keys that don't exist, each with those that do", () => {
    const allowed =
      "tier, name, application, services, dataStores, migrations, network, observability, quota, asleep, base, secretValues, context, kubeconfig";
    assert.throws(
      () => toEnvironmentSpec({ ...stack, config: { teir: "dev", service: {} } }),
      new InvalidSpecError([
        { path: "teir", expected: allowed, unknownKey: true },
        { path: "service", expected: allowed, unknownKey: true },
      ]),
    );
  });

  it("refuses a base that is no map", () => {
    for (const base of [null, "text", ["a"], 5]) {
      assert.throws(() => toEnvironmentSpec({ ...stack, base, config: {} }), {
        name: "InvalidSpecError",
        message: /\n {2}base: expected a file that holds a map of keys to values$/,
      });
    }
  });
});
