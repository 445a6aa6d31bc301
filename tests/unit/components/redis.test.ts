import assert from "node:assert/strict";
import { Redis } from "../../../components/index.ts";
import { resolveEnvironment, type ResolvedRedis, type Tier } from "../../../spec/index.ts";
import { generatedPassword, pathsOf, record, valueOf, type Recording } from "../mocks.ts";
import { CLOSED, labelsOf, PLACEMENT } from "./placement.ts";

function resolvedRedis(store: object, tier: Tier): ResolvedRedis {
  const environment = {
    name: "shop-dev",
    tier,
    application: "shop",
    dataStores: { cache: { engine: "redis", ...store } },
  };
  const resolved = resolveEnvironment(environment).dataStores["cache"];
  assert.ok(resolved?.engine === "redis");
  return resolved;
}

async function create(store: object = {}, tier: Tier = "dev", exporter = false) {
  const { result, recording } = await record(
    () =>
      new Redis("cache", {
        placement: PLACEMENT,
        store: resolvedRedis(store, tier),
        policy: CLOSED,
        checksumKey: "key",
        exporter,
      }),
  );
  return { connection: result.connection, recording };
}

function podOf(recording: Recording) {
  const { metadata, spec } = recording.one("StatefulSet", "cache").object.spec.template;
  const [container] = spec.containers;
  assert.ok(container);
  return { metadata, spec, container };
}

function redisConf(recording: Recording): string[] {
  return (recording.one("Secret", "cache").object.stringData["redis.conf"] ?? "").split("\n");
}

const PASSWORD = generatedPassword("cache-password");

describe("Redis by default", () => {
  it("is a StatefulSet of one pod on a volume, with its Services, Secret and policy", async () => {
    const { recording } = await create();
    assert.deepEqual(recording.names(), [
      "NetworkPolicy cache",
      "PersistentVolumeClaim cache-data",
      "Secret cache",
      "Service cache",
      "Service cache-headless",
      "StatefulSet cache",
    ]);
    const { spec, metadata } = recording.one("StatefulSet", "cache").object;
    assert.equal(spec.replicas, 1);
    assert.deepEqual(metadata.labels, labelsOf("cache", "cache", "7.4.9-bookworm"));
    assert.deepEqual(recording.one("PersistentVolumeClaim", "cache-data").object.spec.resources.requests, {
      storage: "1Gi",
    });
  });

  it("writes every change to its volume, and caps its memory at three quarters of the limit", async () => {
    assert.deepEqual(redisConf((await create()).recording), [
      "bind * -::*",
      "port 6379",
      "dir /data",
      "appendonly yes",
      "appendfsync everysec",
      'save ""',
      `maxmemory ${(512 * 2 ** 20 * 3) / 4}`,
      "maxmemory-policy noeviction",
      `requirepass ${PASSWORD}`,
      "",
    ]);
  });

  it("runs as user 999 from its configuration file", async () => {
    const { spec, container } = podOf((await create()).recording);
    assert.equal(spec.securityContext.runAsUser, 999);
    assert.deepEqual([container.command, container.args], [["redis-server"], ["/etc/redis/redis.conf"]]);
    assert.deepEqual(spec.volumes.find(({ name }) => name === "config")?.secret, {
      secretName: "cache",
      items: [{ key: "redis.conf", path: "redis.conf" }],
      defaultMode: 0o440,
    });
    assert.deepEqual(container.volumeMounts, [
      { name: "tmp", mountPath: "/tmp" },
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/redis", readOnly: true },
    ]);
  });
});

describe("Redis", () => {
  it("has its password in its Secret alone: no argument, variable or ConfigMap shows it", async () => {
    const { recording } = await create();
    const holders = recording.objects().filter(({ object }) => pathsOf(object, PASSWORD).length > 0);
    assert.deepEqual(
      holders.map(({ name }) => name),
      ["cache-secret"],
    );
    assert.deepEqual(podOf(recording).container.env, [
      { name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: { name: "cache", key: "password" } } },
    ]);
    assert.deepEqual(recording.one("Secret", "cache").secretPaths, ["stringData"]);
  });

  it("has a user for its exporter, which may ask how it is and nothing else, where there is an exporter", async () => {
    const { recording } = await create({}, "dev", true);
    const exporter = generatedPassword("cache-exporter");
    assert.deepEqual(redisConf(recording).slice(-3), [
      `requirepass ${PASSWORD}`,
      `user terrarium_exporter on >${exporter} +info`,
      "",
    ]);
    const holders = recording.objects().filter(({ object }) => pathsOf(object, exporter).length > 0);
    assert.deepEqual(
      holders.map(({ name }) => name),
      ["cache-secret"],
    );
    const { stringData } = recording.one("Secret", "cache").object;
    assert.deepEqual(JSON.parse(stringData["exporter-passwords.json"] ?? ""), {
      "redis://terrarium_exporter@cache:6379": exporter,
    });
    assert.deepEqual(podOf(recording).spec.volumes.find(({ name }) => name === "config")?.secret?.items?.length, 1);
  });

  it("is ready when it answers, and alive also while it loads its data", async () => {
    const { container } = podOf((await create()).recording);
    assert.deepEqual(container.readinessProbe.exec.command, [
      "sh",
      "-c",
      "redis-cli -h 127.0.0.1 ping | grep -qE '^PONG$'",
    ]);
    assert.deepEqual(container.livenessProbe.exec.command, [
      "sh",
      "-c",
      "redis-cli -h 127.0.0.1 ping | grep -qE '^(PONG|LOADING)'",
    ]);
  });

  it("keeps to the share of memory and the eviction policy it is told", async () => {
    const { recording } = await create({
      maxMemoryPercent: 50,
      evictionPolicy: "allkeys-lru",
      resources: { limits: { memory: "1G" } },
    });
    assert.ok(redisConf(recording).includes("maxmemory 500000000"));
    assert.ok(redisConf(recording).includes("maxmemory-policy allkeys-lru"));
  });

  it("tells clients its address in the clear and its credentials as secrets", async () => {
    const { connection } = await create();
    assert.deepEqual(connection.env, { CACHE_HOST: "cache", CACHE_PORT: "6379" });
    const { CACHE_PASSWORD: password, CACHE_URL: url } = connection.secretEnv;
    assert.ok(password && url);
    assert.equal(await valueOf(password), PASSWORD);
    assert.equal(await valueOf(url), `redis://default:${PASSWORD}@cache:6379`);
  });

  it("is restarted when its configuration changes", async () => {
    const checksum = async (store: object) =>
      podOf((await create(store)).recording).metadata.annotations["checksum/secret"];
    assert.equal(await checksum({}), await checksum({}));
    assert.notEqual(await checksum({ evictionPolicy: "allkeys-lru" }), await checksum({}));
  });

  it("has its data protected from a destroy in prod", async () => {
    assert.equal((await create({}, "prod")).recording.one("PersistentVolumeClaim", "cache-data").protect, true);
    assert.equal((await create()).recording.one("PersistentVolumeClaim", "cache-data").protect, false);
  });

  it("waits for its Secret, and says its address when it is done", async () => {
    const { recording } = await create();
    assert.ok(recording.one("StatefulSet", "cache").dependsOn.includes("cache-secret"));
    assert.deepEqual(recording.named("cache", ":Redis").outputs, {
      connection: { env: { CACHE_HOST: "cache", CACHE_PORT: "6379" } },
    });
  });
});
