import type { Redis } from "ioredis";
import { KEYS } from "./redis.ts";

/** A job: check this entry. */
export interface Job {
  /** Of the stream. */
  readonly id: string;
  readonly entryId: string;
  /** How often a worker has taken it, this time included. */
  readonly deliveries: number;
}

/** Name of the workers' consumer group. */
const GROUP = "workers";
/** Older jobs fall off the stream; the sweep finds their entries again. */
const MOST_JOBS = 10_000;

/** Adds a job. Entries that are checked twice are no harm. */
export async function enqueue(redis: Redis, entryId: string): Promise<void> {
  await redis.xadd(KEYS.jobs, "MAXLEN", "~", MOST_JOBS, "*", "entry", entryId);
}

/** Makes sure that the stream and its group exist, also after Redis has lost its data. */
export async function createGroup(redis: Redis): Promise<void> {
  try {
    await redis.xgroup("CREATE", KEYS.jobs, GROUP, "0", "MKSTREAM");
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
  }
}

/** Waits for new jobs. They stay this consumer's until {@link finish}, so that none is lost when it dies. */
export async function take(redis: Redis, consumer: string, count: number, blockMilliseconds: number): Promise<Job[]> {
  const reply = (await redis.xreadgroup(
    "GROUP",
    GROUP,
    consumer,
    "COUNT",
    count,
    "BLOCK",
    blockMilliseconds,
    "STREAMS",
    KEYS.jobs,
    ">",
  )) as [string, [string, string[]][]][] | null;
  return (reply ?? []).flatMap(([, messages]) => messages.map(([id, fields]) => toJob(id, fields, 1)));
}

/** Takes over jobs that their consumer has not finished within `idleMilliseconds`: it died, or failed at them. */
export async function takeOver(
  redis: Redis,
  consumer: string,
  count: number,
  idleMilliseconds: number,
): Promise<Job[]> {
  const [, messages] = (await redis.xautoclaim(KEYS.jobs, GROUP, consumer, idleMilliseconds, "0", "COUNT", count)) as [
    string,
    [string, string[] | null][],
  ];
  const jobs: Job[] = [];
  for (const [id, fields] of messages) {
    const [pending] = (await redis.xpending(KEYS.jobs, GROUP, id, id, 1)) as [string, string, number, number][];
    jobs.push(toJob(id, fields ?? [], pending?.[3] ?? 1));
  }
  return jobs;
}

/** Removes a job that is done. */
export async function finish(redis: Redis, job: Job): Promise<void> {
  await redis.multi().xack(KEYS.jobs, GROUP, job.id).xdel(KEYS.jobs, job.id).exec();
}

/** Puts a job that keeps failing aside, for people to look at. */
export async function setAside(redis: Redis, job: Job, reason: string): Promise<void> {
  await redis.xadd(
    KEYS.failedJobs,
    "MAXLEN",
    "~",
    MOST_JOBS,
    "*",
    "entry",
    job.entryId,
    "reason",
    reason.slice(0, 500),
  );
  await finish(redis, job);
}

/** Forgets a consumer that stops, unless it leaves jobs behind: they would be forgotten with it. */
export async function leave(redis: Redis, consumer: string): Promise<void> {
  const pending = await redis.xpending(KEYS.jobs, GROUP, "-", "+", 1, consumer);
  if (pending.length === 0) await redis.xgroup("DELCONSUMER", KEYS.jobs, GROUP, consumer);
}

/** Jobs that wait or are being worked on. */
export async function queueLength(redis: Redis): Promise<number> {
  return redis.xlen(KEYS.jobs);
}

function toJob(id: string, fields: readonly string[], deliveries: number): Job {
  return { id, entryId: fields[fields.indexOf("entry") + 1] ?? "", deliveries };
}
