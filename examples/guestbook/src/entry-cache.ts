import type { FastifyBaseLogger } from "fastify";
import type { Redis } from "ioredis";
import { Counter, type Registry } from "prom-client";
import type { Entry } from "./entries.ts";
import { messageOf } from "./failures.ts";
import { KEYS } from "./redis.ts";

const LIFETIME_SECONDS = 60;

/** Lists of published entries in Redis. Without Redis every list is read anew. */
export interface EntryCache {
  /** The list, from Redis or by `read`. */
  readonly list: (limit: number, read: () => Promise<Entry[]>) => Promise<Entry[]>;
}

/** Creates the cache and the metric of its hits and misses. */
export function createEntryCache(redis: Redis, registry: Registry, log: FastifyBaseLogger): EntryCache {
  const lookups = new Counter({
    name: "guestbook_cache_lookups_total",
    help: "Lookups of entry lists in Redis.",
    labelNames: ["result"],
    registers: [registry],
  });
  const orNothing = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      log.debug({ reason: messageOf(error) }, "cache skipped");
      return undefined;
    }
  };
  return {
    list: async (limit, read) => {
      // The version is read before the database: a list that is older than a change is then stored under a version that
      // nobody asks for any more.
      const version = await orNothing(redis.get(KEYS.listVersion));
      if (version === undefined) {
        lookups.inc({ result: "unavailable" });
        return read();
      }
      const key = KEYS.list(version ?? "0", limit);
      const cached = await orNothing(redis.get(key));
      if (cached) {
        lookups.inc({ result: "hit" });
        return JSON.parse(cached) as Entry[];
      }
      lookups.inc({ result: "miss" });
      const entries = await read();
      await orNothing(redis.set(key, JSON.stringify(entries), "EX", LIFETIME_SECONDS));
      return entries;
    },
  };
}

/** Makes every cached list out of date. */
export async function invalidateLists(redis: Redis): Promise<void> {
  await redis.incr(KEYS.listVersion);
}
