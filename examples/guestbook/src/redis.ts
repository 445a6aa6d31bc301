import type { FastifyBaseLogger } from "fastify";
import { Redis, type RedisOptions } from "ioredis";
import { messageOf, UnavailableError } from "./failures.ts";
import type { RedisSettings } from "./settings.ts";

/** What the roles keep in Redis. */
export const KEYS = {
  /** Who is logged in: one key for each session, its value the user's name. */
  session: (id: string) => `guestbook:session:${id}`,
  /** Number that every change of the published entries raises; it is part of the cached lists' keys. */
  listVersion: "guestbook:list-version",
  list: (version: string, limit: number) => `guestbook:list:${version}:${limit}`,
  /** Stream of jobs. */
  jobs: "guestbook:jobs",
  /** Stream of jobs that failed again and again. */
  failedJobs: "guestbook:jobs:failed",
} as const;

/**
 * Opens a connection that comes back by itself after a restart of Redis. Commands fail at once while it is away: a
 * client that gets a 503 now is better served than one that waits.
 *
 * @param options what differs, e.g. no timeout for blocking commands.
 */
export function openRedis(settings: RedisSettings, log: FastifyBaseLogger, options: RedisOptions = {}): Redis {
  const redis = new Redis({
    ...settings,
    username: "default",
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    commandTimeout: 2000,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    // A replica that became read-only, or Redis still loading its file: connect again.
    reconnectOnError: (error) => /^(READONLY|LOADING)/.test(error.message),
    ...options,
  });
  let lost = false;
  redis.on("error", (error: Error) => {
    if (!lost) log.warn({ reason: messageOf(error) }, "redis does not answer");
    lost = true;
  });
  redis.on("ready", () => {
    if (lost) log.info("redis answers again");
    lost = false;
  });
  return redis;
}

/** Runs commands; any failure means that Redis can't be used now. @throws {@link UnavailableError} */
export async function onRedis<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UnavailableError("redis", error);
  }
}

/** Closes a connection, in whatever state it is. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === "ready") await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}
