import assert from "node:assert/strict";
import fc from "fast-check";
import { compareQuantities, IMAGES, resolveEnvironment, TIERS, TIER_DEFAULTS, type Tier } from "../../../spec/index.ts";
import { mergeResources } from "../../../spec/service.ts";
import { environment, resolvedService, resolvedStore, withStore } from "./environments.ts";

/** Requirement A6, cell by cell. */
const REQUIRED: Readonly<Record<Tier, Record<string, string | number>>> = {
  dev: {
    replicas: 1,
    memoryRequest: "128Mi",
    memoryLimit: "256Mi",
    cpuRequest: "50m",
    cpuLimit: "100m",
    logLevel: "debug",
  },
  staging: {
    replicas: 2,
    memoryRequest: "256Mi",
    memoryLimit: "512Mi",
    cpuRequest: "100m",
    cpuLimit: "200m",
    logLevel: "info",
  },
  prod: {
    replicas: 3,
    memoryRequest: "512Mi",
    memoryLimit: "1Gi",
    cpuRequest: "250m",
    cpuLimit: "500m",
    logLevel: "info",
  },
};

describe("Defaults of a tier", () => {
  for (const tier of TIERS) {
    it(`${tier} give a service its replicas, requests, limits and log level`, () => {
      const { replicas, resources, logLevel } = resolvedService({}, tier);
      assert.deepEqual(
        {
          replicas,
          memoryRequest: resources.requests.memory,
          memoryLimit: resources.limits.memory,
          cpuRequest: resources.requests.cpu,
          cpuLimit: resources.limits.cpu,
          logLevel,
        },
        REQUIRED[tier],
      );
    });

    it(`${tier} have no request above its limit`, () => {
      const { resources, dataStoreResources, observability } = TIER_DEFAULTS[tier];
      for (const { requests, limits } of [resources, dataStoreResources, observability.resources]) {
        assert.ok(compareQuantities(requests.cpu, limits.cpu, "cpu") <= 0);
        assert.ok(compareQuantities(requests.memory, limits.memory, "bytes") <= 0);
      }
    });
  }

  it("can be overridden one by one", () => {
    const service = resolvedService(
      { replicas: 5, logLevel: "trace", resources: { limits: { memory: "2Gi" } } },
      "prod",
    );
    assert.equal(service.replicas, 5);
    assert.equal(service.logLevel, "trace");
    assert.deepEqual(service.resources, {
      requests: { cpu: "250m", memory: "512Mi" },
      limits: { cpu: "500m", memory: "2Gi" },
    });
  });

  it("give a service its probes, port, user and grace period in every tier", () => {
    for (const tier of TIERS) {
      const { probes, ports, user, terminationGracePeriodSeconds, serviceAccountToken, metrics, internet, disruption } =
        resolvedService({}, tier);
      const timing = { port: "http", timeoutSeconds: 3, failureThreshold: 3 };
      assert.deepEqual(probes, {
        liveness: { path: "/health", initialDelaySeconds: 30, periodSeconds: 10, ...timing },
        readiness: { path: "/ready", initialDelaySeconds: 5, periodSeconds: 5, ...timing },
      });
      assert.deepEqual(ports, { http: 8080 });
      assert.deepEqual(metrics, { port: "http", path: "/metrics" });
      assert.deepEqual(disruption, { minAvailable: 1 });
      assert.deepEqual([user, terminationGracePeriodSeconds, serviceAccountToken, internet], [65532, 30, false, false]);
    }
  });

  it("take the number of replicas from the autoscaler's minimum where only that is given", () => {
    assert.equal(resolvedService({ scaling: { minReplicas: 4, maxReplicas: 8 } }, "prod").replicas, 4);
  });

  it("name a service's component after the ending of its name", () => {
    const names = { "shop-backend": "backend", "shop-mf": "microfrontend", "shop-worker": "worker", shop: "service" };
    const services = Object.fromEntries(Object.keys(names).map((name) => [name, { image: "a/b:1" }]));
    const resolved = resolveEnvironment(environment({ services })).services;
    assert.deepEqual(
      Object.fromEntries(Object.entries(resolved).map(([name, { component }]) => [name, component])),
      names,
    );
    assert.equal(resolvedService({ component: "auth" }).component, "auth");
  });
});

describe("Defaults of a data store", () => {
  it("are Postgres 17 with pgvector, deleted with the environment and not backed up in dev", () => {
    assert.deepEqual(resolvedStore({ engine: "postgres" }), {
      engine: "postgres",
      version: "17",
      database: "app",
      username: "app",
      extensions: ["vector"],
      maxConnections: 100,
      passwordRotation: 0,
      image: IMAGES.postgres17.image,
      user: 999,
      storage: { size: "1Gi" },
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
      deletion: "delete",
      backup: false,
    });
  });

  it("are Redis 7 that refuses writes when it is full", () => {
    assert.deepEqual(resolvedStore({ engine: "redis" }), {
      engine: "redis",
      version: "7",
      maxMemoryPercent: 75,
      evictionPolicy: "noeviction",
      image: IMAGES.redis7.image,
      user: 999,
      storage: { size: "1Gi" },
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
      deletion: "delete",
    });
  });

  it("protect data and keep fourteen nightly dumps in prod", () => {
    const store = resolvedStore({ engine: "postgres" }, "prod");
    assert.equal(store.deletion, "protect");
    assert.equal(store.storage.size, "50Gi");
    assert.deepEqual("backup" in store && store.backup, { schedule: "30 2 * * *", keep: 14, storage: "50Gi" });
  });

  it("keep three dumps in staging, and none where backup is false", () => {
    const store = resolvedStore({ engine: "postgres" }, "staging");
    assert.deepEqual("backup" in store && store.backup, { schedule: "30 2 * * *", keep: 3, storage: "10Gi" });
    const off = resolvedStore({ engine: "postgres", backup: false }, "prod");
    assert.equal("backup" in off && off.backup, false);
  });

  it("complete a backup that is asked for in dev", () => {
    const store = resolvedStore({ engine: "postgres", backup: { keep: 7 } });
    assert.deepEqual("backup" in store && store.backup, { schedule: "30 2 * * *", keep: 7, storage: "1Gi" });
  });

  it("follow the major version, and yield to an image that is given", () => {
    assert.equal(resolvedStore({ engine: "postgres", version: "16" }).image, IMAGES.postgres16.image);
    assert.equal(resolvedStore({ engine: "postgres", image: "acme/pg:17.1" }).image, "acme/pg:17.1");
  });
});

describe("Defaults of the observability stack", () => {
  it("keep metrics and logs two days in dev and open NodePorts there only", () => {
    const of = (tier: Tier) => resolveEnvironment(environment({ tier })).observability;
    assert.deepEqual(
      [of("dev").prometheus.retentionDays, of("dev").loki.retentionDays, of("dev").nodePorts],
      [2, 2, true],
    );
    assert.deepEqual(
      [of("prod").prometheus.retentionDays, of("prod").loki.retentionDays, of("prod").nodePorts],
      [30, 30, false],
    );
    assert.equal(of("staging").prometheus.storage.size, "10Gi");
  });

  it("switch every server off where the stack is off", () => {
    const { prometheus, loki, grafana, collector } = resolveEnvironment(
      environment({ observability: { enabled: false } }),
    ).observability;
    assert.deepEqual(
      [prometheus.enabled, loki.enabled, grafana.enabled, collector.enabled],
      [false, false, false, false],
    );
  });

  it("leave alone what a part says itself", () => {
    const { prometheus, grafana } = resolveEnvironment(
      environment({
        observability: { prometheus: { retentionDays: 9, storage: { size: "7Gi" } }, grafana: { enabled: false } },
      }),
    ).observability;
    assert.deepEqual([prometheus.retentionDays, prometheus.storage.size, grafana.enabled], [9, "7Gi", false]);
  });
});

describe("Merged resources", () => {
  const defaults = TIER_DEFAULTS.dev.resources;

  it("are the defaults where nothing is given", () => {
    assert.deepEqual(mergeResources(undefined, defaults), defaults);
    assert.deepEqual(mergeResources({}, defaults), defaults);
  });

  it("raise a defaulted limit to a request above it", () => {
    assert.deepEqual(mergeResources({ requests: { cpu: "300m", memory: "1Gi" } }, defaults), {
      requests: { cpu: "300m", memory: "1Gi" },
      limits: { cpu: "300m", memory: "1Gi" },
    });
  });

  it("lower a defaulted request to a limit below it", () => {
    assert.deepEqual(mergeResources({ limits: { cpu: "20m", memory: "64Mi" } }, defaults), {
      requests: { cpu: "20m", memory: "64Mi" },
      limits: { cpu: "20m", memory: "64Mi" },
    });
  });

  it("keep what is given on both sides, even when it contradicts: that is for the check to say", () => {
    const given = { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "1", memory: "1Gi" } };
    assert.deepEqual(mergeResources(given, defaults), given);
  });

  it("never contradict unless both sides were given, and never change what was", () => {
    const cpu = fc.option(
      fc.integer({ min: 1, max: 5000 }).map((milli) => `${milli}m`),
      { nil: undefined },
    );
    const memory = fc.option(
      fc.integer({ min: 1, max: 5000 }).map((mebi) => `${mebi}Mi`),
      { nil: undefined },
    );
    const side = fc.record({ cpu, memory });
    fc.assert(
      fc.property(side, side, fc.constantFrom(...TIERS), (requests, limits, tier) => {
        const merged = mergeResources({ requests, limits }, TIER_DEFAULTS[tier].resources);
        for (const [field, kind] of [["cpu", "cpu"] as const, ["memory", "bytes"] as const]) {
          if (requests[field] !== undefined) assert.equal(merged.requests[field], requests[field]);
          if (limits[field] !== undefined) assert.equal(merged.limits[field], limits[field]);
          if (requests[field] === undefined || limits[field] === undefined) {
            assert.ok(compareQuantities(merged.requests[field], merged.limits[field], kind) <= 0);
          }
        }
      }),
    );
  });
});

describe("A data store's sizes", () => {
  it("may be written as bare numbers, as YAML reads them", () => {
    const store = resolveEnvironment(withStore({ engine: "redis", storage: { size: 1073741824 } })).dataStores["db"];
    assert.equal(store?.storage.size, "1073741824");
  });
});
