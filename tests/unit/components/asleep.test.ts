import assert from "node:assert/strict";
import { InvalidSpecError, resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import type { Recording } from "../mocks.ts";
import { recordEnvironment } from "./guestbook.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";

function shop(over: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    name: "shop-dev",
    tier: "dev",
    application: "shop",
    services: {
      api: { image: IMAGE, calls: ["db", "cache"], scaling: { maxReplicas: 3 } },
      web: { image: IMAGE, calls: ["api"], startAfter: ["api"], expose: {} },
      auth: { image: IMAGE, identity: "stable", volumes: [{ name: "keys", mountPath: "/keys", size: "1Gi" }] },
    },
    dataStores: {
      db: { engine: "postgres", backup: {} },
      cache: { engine: "redis" },
    },
    migrations: { schema: { dataStore: "db", image: IMAGE, command: ["migrate"], seedTestCredentials: true } },
    ...over,
  };
}

const both = async () => {
  const [awake, asleep] = [
    await recordEnvironment({ spec: shop() }),
    await recordEnvironment({ spec: shop({ asleep: true }) }),
  ];
  return { awake: awake.recording, asleep: asleep.recording };
};

function workloads(recording: Recording) {
  return [...recording.all("Deployment"), ...recording.all("StatefulSet")];
}

describe("An environment that sleeps", () => {
  it("has no pod of any workload, and else all that it has awake but jobs, the autoscaler and the log collector", async () => {
    const { awake, asleep } = await both();
    for (const { object, name } of workloads(asleep)) assert.equal(object.spec["replicas"], 0, name);
    assert.deepEqual(
      awake.names().filter((name) => !asleep.names().includes(name)),
      [
        "ConfigMap log-collector",
        "DaemonSet log-collector",
        "HorizontalPodAutoscaler api",
        "Job schema",
        "NetworkPolicy log-collector",
      ],
    );
    assert.deepEqual(
      asleep.names().filter((name) => !awake.names().includes(name)),
      [],
    );
    assert.equal(asleep.one("CronJob", "db-backup").object.spec["suspend"], true);
  });

  it("keeps volumes, addresses and generated passwords as they are", async () => {
    const { awake, asleep } = await both();
    const here = (recording: Recording, kind: Parameters<Recording["all"]>[0]) =>
      recording.all(kind).flatMap(({ object }) => (object.metadata.namespace === "shop-dev" ? [object] : []));
    for (const kind of ["PersistentVolumeClaim", "Service", "Secret", "NetworkPolicy", "ConfigMap"] as const) {
      assert.deepEqual(here(asleep, kind), here(awake, kind), kind);
    }
    const generated = (recording: Recording) =>
      recording.resources.flatMap(({ type, name }) => (type.startsWith("random:") ? [name] : []));
    assert.deepEqual(generated(asleep).sort(), generated(awake).sort());
  });

  it("stops its data stores after everything else, and starts them before", async () => {
    const { awake, asleep } = await both();
    for (const store of ["db", "cache"]) {
      const { dependsOn } = asleep.one("StatefulSet", store);
      for (const service of ["api-deployment", "web-deployment", "auth-statefulset"])
        assert.ok(dependsOn.includes(service), `${store} stops before ${service}`);
      assert.ok(!asleep.one("Deployment", "api").dependsOn.includes(`${store}-statefulset`));
      assert.ok(awake.one("Deployment", "api").dependsOn.includes(`${store}-statefulset`));
    }
    const wakes = awake.one("Deployment", "api").dependsOn;
    assert.ok(wakes.includes("schema-job"), "the service starts before its migration");
  });

  it("is of tier dev", () => {
    assert.throws(
      () => resolveEnvironment({ ...shop({ asleep: true, tier: "staging" }), migrations: {} }),
      (error) =>
        error instanceof InvalidSpecError &&
        error.message.includes("asleep: got true, expected false in tier staging: only environments of tier dev sleep"),
    );
  });
});
