import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import { addEntry, findEntry, findSimilar, listEntries } from "./entries.ts";
import { createEntryCache, type EntryCache } from "./entry-cache.ts";
import { messageOf, RequestError } from "./failures.ts";
import { createLogin, type Credentials } from "./login.ts";
import { openDatabase, type Database } from "./postgres.ts";
import { enqueue } from "./queue.ts";
import { closeRedis, openRedis } from "./redis.ts";
import { createRoleServer } from "./server.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import {
  commonSettings,
  postgresSettings,
  redisSettings,
  required,
  wholeNumber,
  type Environment,
} from "./settings.ts";

const LIMIT = { type: "integer", minimum: 1, maximum: 100, default: 20 } as const;
/** A number that Postgres can hold as bigint. */
const ID = { type: "object", properties: { id: { type: "string", pattern: "^[0-9]{1,18}$" } } } as const;
const CREDENTIALS = {
  username: { type: "string", minLength: 1, maxLength: 40 },
  password: { type: "string", minLength: 1, maxLength: 200 },
} as const;

/** The HTTP API, on Postgres and Redis; sessions come from the auth service. */
export async function startBackend(env: Environment): Promise<void> {
  const settings = commonSettings(env);
  const authUrl = required(env, "GUESTBOOK_AUTH_URL");
  const stores = { postgres: postgresSettings(env), redis: redisSettings(env) };
  const server = createRoleServer({
    role: "backend",
    settings,
    metricsPort: wholeNumber(env, "METRICS_PORT", 9464, 65535),
  });
  const { app } = server;
  const database = openDatabase(stores.postgres, app.log);
  const redis = openRedis(stores.redis, app.log);
  // Not the auth service: reading works without it, and a pod that is not ready can't even do that.
  server.dependOn("postgres", database.check);
  server.dependOn("redis", () => redis.ping());
  const sessions = createSessions(authUrl, redis);
  const cache = createEntryCache(redis, server.metrics.registry, app.log);
  addEntryRoutes(app, { database, redis, sessions, cache });
  addSessionRoutes(app, { database, redis, sessions });
  await server.run(async () => {
    await database.close();
    await closeRedis(redis);
  });
}

interface Parts {
  readonly database: Database;
  readonly redis: Redis;
  readonly sessions: Sessions;
}

function addEntryRoutes(app: FastifyInstance, parts: Parts & { readonly cache: EntryCache }): void {
  const { database, redis, sessions, cache } = parts;

  app.get<{ Querystring: { limit: number } }>(
    "/api/entries",
    { schema: { querystring: { type: "object", properties: { limit: LIMIT } } } },
    async ({ query: { limit } }) => ({ entries: await cache.list(limit, () => listEntries(database, limit)) }),
  );

  app.get<{ Querystring: { q: string; limit: number } }>(
    "/api/entries/similar",
    {
      schema: {
        querystring: {
          type: "object",
          required: ["q"],
          properties: { q: { type: "string", minLength: 1, maxLength: 200 }, limit: { ...LIMIT, default: 5 } },
        },
      },
    },
    async ({ query: { q, limit } }) => ({ entries: await findSimilar(database, q, limit) }),
  );

  app.get<{ Params: { id: string } }>("/api/entries/:id", { schema: { params: ID } }, async ({ params: { id } }) => {
    const entry = await findEntry(database, id);
    if (!entry) throw new RequestError(404, "not_found", `There is no entry ${id}.`);
    return entry;
  });

  app.post<{ Body: { author?: string; message: string } }>(
    "/api/entries",
    {
      schema: {
        body: {
          type: "object",
          required: ["message"],
          additionalProperties: false,
          properties: {
            author: { type: "string", pattern: "\\S", maxLength: 40 },
            message: { type: "string", pattern: "\\S", maxLength: 1000 },
          },
        },
      },
    },
    async (request, reply) => {
      const { user } = await sessions.authenticate(request.headers.authorization, request.id);
      const author = user ?? request.body.author?.trim();
      if (!author) throw new RequestError(400, "author_missing", "A guest's entry needs an author.");
      const entry = await addEntry(database, { author, user, message: request.body.message.trim() });
      try {
        await enqueue(redis, entry.id);
      } catch (error) {
        // The entry is stored; the worker looks for such entries now and then.
        request.log.warn({ entryId: entry.id, reason: messageOf(error) }, "job not queued");
      }
      return reply.code(201).header("location", `/api/entries/${entry.id}`).send(entry);
    },
  );
}

function addSessionRoutes(app: FastifyInstance, { database, redis, sessions }: Parts): void {
  const logIn = createLogin(database, redis);

  app.post<{ Body: Credentials | null | undefined }>(
    "/api/session",
    {
      schema: {
        body: {
          type: "object",
          nullable: true,
          additionalProperties: false,
          properties: CREDENTIALS,
          dependencies: { username: ["password"], password: ["username"] },
        },
      },
    },
    async (request, reply) => {
      const user = request.body?.username === undefined ? undefined : await logIn(request.body);
      const issued = await sessions.open(request.id);
      if (user !== undefined) await sessions.logIn(issued.session, user);
      const answer = { ...issued, user: user ?? null };
      return reply.code(201).header("cache-control", "no-store").send(answer);
    },
  );

  app.get("/api/session", async (request) => {
    const { session, user } = await sessions.authenticate(request.headers.authorization, request.id);
    return { session, user: user ?? null };
  });

  app.post<{ Body: Credentials }>(
    "/api/session/user",
    {
      schema: {
        body: {
          type: "object",
          required: ["username", "password"],
          additionalProperties: false,
          properties: CREDENTIALS,
        },
      },
    },
    async (request) => {
      const { session } = await sessions.authenticate(request.headers.authorization, request.id);
      const user = await logIn(request.body);
      await sessions.logIn(session, user);
      return { session, user };
    },
  );

  app.delete("/api/session/user", async (request, reply) => {
    const { session } = await sessions.authenticate(request.headers.authorization, request.id);
    await sessions.logOut(session);
    return reply.code(204).send();
  });
}
