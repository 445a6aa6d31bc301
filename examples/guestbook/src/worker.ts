import type { FastifyBaseLogger } from "fastify";
import type { Redis } from "ioredis";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { decide, findEntry, findForgotten, giveUp } from "./entries.ts";
import { invalidateLists } from "./entry-cache.ts";
import { messageOf, UnavailableError } from "./failures.ts";
import { moderate } from "./moderation.ts";
import { openDatabase, type Database } from "./postgres.ts";
import { createGroup, finish, leave, queueLength, setAside, take, takeOver, type Job } from "./queue.ts";
import { closeRedis, openRedis } from "./redis.ts";
import { createRoleServer } from "./server.ts";
import { commonSettings, postgresSettings, redisSettings, wholeNumber, type Environment } from "./settings.ts";

const BATCH = 10;
const BLOCK_MILLISECONDS = 1000;
const CONNECT_MILLISECONDS = 100;
const RETRY_MILLISECONDS = 1000;
const MOST_DELIVERIES = 5;

interface WorkerParts {
  readonly database: Database;
  readonly redis: Redis;
  /** A connection of its own: a blocking read holds up whatever shares its connection. */
  readonly blocking: Redis;
  readonly consumer: string;
  /** After how long a job counts as abandoned by its worker, and an entry as forgotten. */
  readonly idleMilliseconds: number;
  readonly log: FastifyBaseLogger;
  readonly metrics: WorkerMetrics;
  readonly isStopping: () => boolean;
}

/** The worker: checks new entries, at least once each, and makes them findable. */
export async function startWorker(env: Environment): Promise<void> {
  const settings = commonSettings(env);
  const stores = { postgres: postgresSettings(env), redis: redisSettings(env) };
  const idleMilliseconds = wholeNumber(env, "JOB_IDLE_MILLISECONDS", 30_000, 3_600_000);
  const server = createRoleServer({ role: "worker", settings });
  const { app } = server;
  const database = openDatabase(stores.postgres, app.log);
  const redis = openRedis(stores.redis, app.log);
  const blocking = openRedis(stores.redis, app.log, { commandTimeout: BLOCK_MILLISECONDS + 5000 });
  server.dependOn("postgres", database.check);
  server.dependOn("redis", () => redis.ping());
  const parts: WorkerParts = {
    database,
    redis,
    blocking,
    consumer: settings.podName,
    idleMilliseconds,
    log: app.log,
    metrics: createWorkerMetrics(server.metrics.registry, redis),
    isStopping: server.isStopping,
  };
  const finished = work(parts);
  await server.run(async () => {
    await finished;
    await leave(redis, parts.consumer).catch((error: unknown) =>
      app.log.debug({ reason: messageOf(error) }, "consumer not removed"),
    );
    await database.close();
    await Promise.all([closeRedis(redis), closeRedis(blocking)]);
  });
}

/** Takes jobs until the process is told to stop. */
async function work(parts: WorkerParts): Promise<void> {
  let hasGroup = false;
  let nextRoundsAt = 0;
  while (!parts.isStopping()) {
    if (parts.redis.status !== "ready" || parts.blocking.status !== "ready") {
      await sleep(CONNECT_MILLISECONDS);
      continue;
    }
    try {
      if (!hasGroup) await createGroup(parts.redis);
      hasGroup = true;
      if (Date.now() >= nextRoundsAt) {
        nextRoundsAt = Date.now() + parts.idleMilliseconds;
        await makeRounds(parts);
      }
      await doAll(parts, await take(parts.blocking, parts.consumer, BATCH, BLOCK_MILLISECONDS));
    } catch (error) {
      // Redis may have come back empty: then the group has to be created again.
      hasGroup = false;
      parts.log.warn({ reason: messageOf(error) }, "jobs can't be taken");
      await sleep(RETRY_MILLISECONDS);
    }
  }
}

/** Finds what was left behind: jobs of workers that died, and entries whose job never reached Redis. */
async function makeRounds(parts: WorkerParts): Promise<void> {
  const { redis, database, consumer, idleMilliseconds } = parts;
  await doAll(parts, await takeOver(redis, consumer, BATCH, idleMilliseconds));
  if ((await queueLength(redis)) > 0) return;
  for (const entryId of await findForgotten(database, idleMilliseconds / 1000)) {
    if (parts.isStopping()) return;
    parts.log.info({ entryId }, "forgotten entry found");
    await check(parts, entryId);
  }
}

async function doAll(parts: WorkerParts, jobs: readonly Job[]): Promise<void> {
  for (const job of jobs) {
    // What is not done stays pending in Redis and is taken over by another worker.
    if (parts.isStopping()) return;
    await doJob(parts, job);
  }
}

async function doJob(parts: WorkerParts, job: Job): Promise<void> {
  const { redis, log, metrics } = parts;
  const end = metrics.duration.startTimer();
  try {
    const result = await untilAvailable(parts, () => check(parts, job.entryId));
    if (result === undefined) return;
    await finish(redis, job);
    metrics.jobs.inc({ result });
    log.info({ entryId: job.entryId, result, deliveries: job.deliveries }, "job done");
  } catch (error) {
    metrics.jobs.inc({ result: "error" });
    log.error({ err: error, entryId: job.entryId, deliveries: job.deliveries }, "job failed");
    if (job.deliveries < MOST_DELIVERIES) return;
    await giveUp(parts.database, job.entryId);
    await setAside(redis, job, messageOf(error));
  } finally {
    end();
  }
}

/** @returns what became of the entry. */
async function check({ database, redis }: WorkerParts, entryId: string): Promise<string> {
  const entry = await findEntry(database, entryId);
  if (!entry) return "gone";
  const verdict = moderate(entry.message);
  if (!(await decide(database, entryId, verdict, entry.message))) return "repeated";
  if (verdict === "published") await invalidateLists(redis);
  return verdict;
}

/** Tries again while a store is away; undefined when the process is told to stop first. */
async function untilAvailable<T>({ isStopping, log }: WorkerParts, work: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      log.warn({ reason: messageOf(error.cause) }, error.message);
      if (isStopping()) return undefined;
      await sleep(RETRY_MILLISECONDS);
    }
  }
}

interface WorkerMetrics {
  readonly jobs: Counter<"result">;
  readonly duration: Histogram;
}

function createWorkerMetrics(registry: Registry, redis: Redis): WorkerMetrics {
  new Gauge({
    name: "guestbook_queue_length",
    help: "Jobs that wait or are being worked on.",
    registers: [registry],
    async collect() {
      // Without Redis the gauge is left out; the other metrics must not go with it.
      this.remove();
      await queueLength(redis).then(
        (length) => this.set(length),
        () => undefined,
      );
    },
  });
  return {
    jobs: new Counter({
      name: "guestbook_jobs_total",
      help: "Jobs by what became of them: published, rejected, repeated, gone or error.",
      labelNames: ["result"],
      registers: [registry],
    }),
    duration: new Histogram({
      name: "guestbook_job_duration_seconds",
      help: "Duration of jobs in seconds.",
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers: [registry],
    }),
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
