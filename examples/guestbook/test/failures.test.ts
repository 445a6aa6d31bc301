import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Redis } from "ioredis";
import { createGroup, enqueue, take } from "../src/queue.ts";
import { useApplication } from "./application.ts";
import { until } from "./sandbox.ts";

const app = await useApplication();
const { client } = app;

describe("the guestbook under failures", () => {
  const status = async (url: string) => (await fetch(url)).status;
  const becomesReady = () =>
    until("backend and worker are ready again", async () => {
      const both = await Promise.all([status(`${app.urls.backend}/ready`), status(`${app.urls.worker}/ready`)]);
      return both.every((code) => code === 200);
    });

  it("answers 503 while Postgres is away, and goes on by itself when it is back", async () => {
    const { token } = await client.openSession();
    await app.postgres.stop();
    const started = performance.now();
    const response = await client.request("POST", "/api/entries", { token, body: { author: "Ann", message: "Lost" } });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.ok(performance.now() - started < 3000);
    assert.equal(await status(`${app.urls.backend}/ready`), 503);
    assert.equal(await status(`${app.urls.backend}/health`), 200);
    assert.equal(await status(`${app.urls.worker}/ready`), 503);
    await app.postgres.start();
    await becomesReady();
    const entry = await client.sign(token, { author: "Ann", message: "Postgres is back" });
    assert.equal((await client.decided(entry.id)).status, "published");
  });

  it("still reads while Redis is away, answers 503 to what needs it, and goes on by itself", async () => {
    const { token } = await client.openSession();
    await app.redis.stop();
    const body = { author: "Ann", message: "Lost" };
    assert.equal((await client.request("POST", "/api/entries", { token, body })).status, 503);
    assert.equal(await status(`${app.urls.backend}/api/entries`), 200);
    assert.equal(await status(`${app.urls.backend}/ready`), 503);
    await app.redis.start();
    await becomesReady();
    const entry = await client.sign(token, { author: "Ann", message: "Redis is back" });
    assert.equal((await client.decided(entry.id)).status, "published");
  });

  it("does the job of a worker that died with it", async () => {
    await app.roles.worker.terminate();
    const redis = redisClient();
    const { token } = await client.openSession();
    const entry = await client.sign(token, { author: "Ann", message: "Taken by a worker that dies" });
    const taken = await take(redis, "dead-worker", 10, 1000);
    assert.deepEqual(
      taken.map(({ entryId }) => entryId),
      [entry.id],
    );
    await app.restart("worker");
    assert.equal((await client.decided(entry.id)).status, "published");
  });

  it("finds entries whose jobs Redis has lost with all its data", async () => {
    const redis = redisClient();
    await app.roles.worker.terminate();
    const { token } = await client.openSession();
    const entry = await client.sign(token, { author: "Ann", message: "Forgotten by Redis" });
    await redis.flushall();
    await app.restart("worker");
    assert.equal((await client.decided(entry.id)).status, "published");
    // Emptied under a running worker, the queue has to be set up anew.
    await redis.flushall();
    const next = await client.sign((await client.openSession()).token, { author: "Ann", message: "After that" });
    assert.equal((await client.decided(next.id)).status, "published");
  });

  it("survives a job twice and a job for nothing", async () => {
    const redis = redisClient();
    await createGroup(redis);
    for (const id of ["1", "1", "999999999"]) await enqueue(redis, id);
    await until("the queue is empty", async () => (await redis.xlen("guestbook:jobs")) === 0);
    assert.equal((await client.decided("1")).status, "published");
  });
});

/** A client that ends with the tests, also where one fails: it would connect again for ever. */
function redisClient(): Redis {
  const { REDIS_PORT, REDIS_PASSWORD } = app.redis.env;
  const redis = new Redis({ host: "127.0.0.1", port: Number(REDIS_PORT), password: REDIS_PASSWORD });
  after(() => redis.disconnect());
  return redis;
}
