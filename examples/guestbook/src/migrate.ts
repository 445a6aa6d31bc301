import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import fastify, { type FastifyBaseLogger } from "fastify";
import pg from "pg";
import { messageOf } from "./failures.ts";
import { logOptions } from "./log.ts";
import { isUnavailable } from "./postgres.ts";
import { seed } from "./seed.ts";
import { commonSettings, postgresSettings, required, type Environment, type PostgresSettings } from "./settings.ts";

const FOLDER = new URL("../migrations/", import.meta.url);
/** Key of the advisory lock: any number that nothing else in this database uses. */
const LOCK = 4_815_162_342;
const CONNECT_MILLISECONDS = 30_000;

/** Brings the database's schema up to date and, where asked for, seeds a test user. Doing it again changes nothing. */
export async function runMigrations(env: Environment): Promise<void> {
  const { logLevel, podName } = commonSettings(env);
  const settings = postgresSettings(env);
  const seedPassword = env["SEED_TEST_CREDENTIALS"] === "true" ? required(env, "TEST_USER_PASSWORD") : undefined;
  const { log } = fastify(logOptions(logLevel, "migrate", podName));
  // As a container's first process, Node would otherwise ignore the signal. Postgres rolls back what was under way.
  process.once("SIGTERM", () => process.exit(143));

  const client = await connect(settings, log);
  try {
    // Held until the connection ends: of two jobs at once, the second waits and then finds nothing to do.
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    const applied = await applyAll(client, log);
    if (seedPassword !== undefined) await seed(client, seedPassword, log);
    log.info({ applied }, "migrations done");
  } finally {
    await client.end();
  }
}

async function connect(settings: PostgresSettings, log: FastifyBaseLogger): Promise<pg.Client> {
  const deadline = Date.now() + CONNECT_MILLISECONDS;
  for (;;) {
    const client = new pg.Client({ ...settings, connectionTimeoutMillis: 5000, application_name: "guestbook-migrate" });
    client.on("error", (error) => log.warn({ reason: messageOf(error) }, "postgres closed the connection"));
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isUnavailable(error) || Date.now() > deadline) throw error;
      log.info({ reason: messageOf(error) }, "waiting for postgres");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function applyAll(client: pg.Client, log: FastifyBaseLogger): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
  const { rows } = await client.query<{ name: string; checksum: string }>(
    "SELECT name, checksum FROM schema_migrations",
  );
  const done = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const applied: string[] = [];
  for (const name of (await readdir(FOLDER)).filter((file) => file.endsWith(".sql")).sort()) {
    const sql = await readFile(new URL(name, FOLDER), "utf8");
    const checksum = createHash("sha256").update(sql).digest("hex");
    const earlier = done.get(name);
    if (earlier === checksum) continue;
    if (earlier !== undefined) {
      throw new Error(`Migration ${name} was changed after it was applied. Restore it, and add a new one instead.`);
    }
    await inTransaction(client, async () => {
      await client.query(sql);
      await client.query("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", [name, checksum]);
    });
    log.info({ migration: name }, "migration applied");
    applied.push(name);
  }
  return applied;
}

/** Runs `work` in a transaction, which a failure rolls back. */
export async function inTransaction(client: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query("BEGIN");
  try {
    await work();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
