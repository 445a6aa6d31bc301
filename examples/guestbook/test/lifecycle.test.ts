import assert from "node:assert/strict";
import { describe, it } from "node:test";
import pg from "pg";
import { useApplication } from "./application.ts";
import { startRole } from "./roles.ts";
import { until } from "./sandbox.ts";

const app = await useApplication();
const { client } = app;

describe("the guestbook's roles, started and stopped", () => {
  it("keeps its signing key over a restart: earlier tokens stay valid", async () => {
    const keys = async () =>
      (await (await fetch(`${app.urls.auth}/keys`)).json()) as { keys: { kid: string; x: string }[] };
    const { token } = await client.openSession();
    const before = await keys();
    assert.match(before.keys[0]?.kid ?? "", /^guestbook-auth-0\./);
    await app.restart("auth");
    assert.deepEqual(await keys(), before);
    // A backend that has never seen the key asks for it.
    await app.restart("backend");
    assert.equal((await client.request("GET", "/api/session", { token })).status, 200);
  });

  it("finishes a request that is under way when it is told to stop, and exits with 0", async () => {
    const { token } = await client.openSession();
    const { POSTGRES_PORT, POSTGRES_PASSWORD } = app.postgres.env;
    const locker = new pg.Client({
      host: "127.0.0.1",
      port: Number(POSTGRES_PORT),
      user: "guestbook",
      password: POSTGRES_PASSWORD,
      database: "guestbook",
    });
    await locker.connect();
    await locker.query("BEGIN; LOCK TABLE entries");
    const answer = client.request("POST", "/api/entries", { token, body: { author: "Ann", message: "In flight" } });
    await until("the request waits for the lock", async () => {
      const { rows } = await locker.query("SELECT FROM pg_locks WHERE NOT granted");
      return rows.length > 0;
    });
    const started = performance.now();
    const exit = app.roles.backend.terminate();
    await until("the port is closed", () =>
      fetch(app.urls.backend).then(
        () => false,
        () => true,
      ),
    );
    await locker.query("COMMIT");
    await locker.end();
    assert.equal((await answer).status, 201);
    assert.equal(await exit, 0);
    assert.ok(performance.now() - started < 10_000);
    await app.restart("backend");
  });

  it("reports itself unready first, and serves on until it has left the endpoints", async () => {
    const env = { ...app.env.auth, PORT: "0", SHUTDOWN_DELAY_MILLISECONDS: "1500" };
    const role = startRole(app.sandbox, "auth", env);
    const url = await until("auth listens", () =>
      Promise.resolve(/listening on (http:[^"]+)/.exec(role.lines.join("\n"))?.[1]),
    );
    const exit = role.terminate();
    await until("auth is unready", async () => (await fetch(`${url}/ready`)).status === 503, 1000);
    assert.equal((await fetch(`${url}/keys`)).status, 200);
    assert.equal(await exit, 0);
  });

  it("says in its log why it can't start, and exits with 1", async () => {
    for (const [name, env, reason] of [
      ["backend", { GUESTBOOK_AUTH_URL: "http://127.0.0.1:1" }, "POSTGRES_HOST is not set."],
      ["auth", {}, "KEY_SEED is not set."],
      ["cook", {}, 'The role is "cook"; allowed are mf, backend, worker, auth, migrate.'],
    ] as const) {
      const role = startRole(app.sandbox, name, env);
      assert.equal(await role.exit, 1, name);
      const { level, msg } = JSON.parse(role.lines.join("")) as Record<string, unknown>;
      assert.deepEqual([level, msg], ["fatal", reason]);
    }
  });

  it("refuses to go on when an applied migration was changed", async () => {
    const { POSTGRES_PORT, POSTGRES_PASSWORD } = app.postgres.env;
    const url = `postgresql://guestbook:${POSTGRES_PASSWORD}@127.0.0.1:${POSTGRES_PORT}/guestbook`;
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    await database.query("UPDATE schema_migrations SET checksum = 'other' WHERE name = '0001-entries.sql'");
    await database.end();
    const role = startRole(app.sandbox, "migrate", app.env.migrate);
    assert.equal(await role.exit, 1);
    assert.match(role.lines.join("\n"), /0001-entries\.sql was changed after it was applied/);
  });
});
