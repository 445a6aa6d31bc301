import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TEST_PASSWORD, useApplication } from "./application.ts";
import { metric } from "./client.ts";
import { startRole } from "./roles.ts";
import { until } from "./sandbox.ts";

const app = await useApplication();
const { client } = app;

describe("the guestbook", () => {
  it("shows the seeded entries, and migrating twice at once changes nothing", async () => {
    assert.equal((await client.list()).length, 3);
    const again = [
      startRole(app.sandbox, "migrate", app.env.migrate),
      startRole(app.sandbox, "migrate", app.env.migrate),
    ];
    assert.deepEqual(await Promise.all(again.map((role) => role.exit)), [0, 0]);
    for (const role of again) assert.match(role.lines.join("\n"), /"applied":\[\],"msg":"migrations done"/);
    assert.equal((await client.list()).length, 3);
  });

  it("publishes a guest's entry once the worker has checked it, and finds it by its meaning", async () => {
    const { token, user } = await client.openSession();
    assert.equal(user, null);
    const entry = await client.sign(token, {
      author: " Ann ",
      message: "The bromeliad has flowered in the greenhouse",
    });
    assert.equal(entry.status, "pending");
    assert.equal((await client.decided(entry.id)).status, "published");
    assert.equal((await client.list())[0]?.id, entry.id);
    const [nearest, next] = await client.similar("flowering bromeliads");
    assert.equal(nearest?.id, entry.id);
    assert.ok(nearest.similarity > (next?.similarity ?? 0) + 0.1);
  });

  it("does not show what the worker rejects", async () => {
    const { token } = await client.openSession();
    const entry = await client.sign(token, { author: "Eve", message: "http://a.example http://b.example" });
    assert.equal((await client.decided(entry.id)).status, "rejected");
    assert.ok((await client.list()).every(({ id }) => id !== entry.id));
    assert.ok((await client.similar("http example")).every(({ id }) => id !== entry.id));
  });

  it("answers lists from Redis until an entry is published", async () => {
    const lookups = (result: string) => metric(app.urls.metrics, "guestbook_cache_lookups_total", { result });
    await client.list();
    const hits = (await lookups("hit")) ?? 0;
    const misses = (await lookups("miss")) ?? 0;
    await client.list();
    assert.equal(await lookups("hit"), hits + 1);
    const { token } = await client.openSession();
    await client.decided((await client.sign(token, { author: "Ann", message: "One more" })).id);
    await client.list();
    assert.equal(await lookups("miss"), misses + 1);
  });

  it("takes no entry without a token that the auth service has signed", async () => {
    const body = { author: "Eve", message: "Let me in" };
    const { token } = await client.openSession();
    const forged = `${token.slice(0, token.lastIndexOf("."))}.${"A".repeat(86)}`;
    const foreign = `${Buffer.from('{"alg":"EdDSA","kid":"guestbook-auth-0.AAAAAAAA"}').toString("base64url")}.e30.AA`;
    for (const wrong of [undefined, "x.y.z", forged, foreign]) {
      const response = await client.request("POST", "/api/entries", { token: wrong, body });
      assert.equal(response.status, 401, String(wrong));
    }
  });

  it("says what is wrong with a request", async () => {
    const { token } = await client.openSession();
    const status = async (body: unknown) => (await client.request("POST", "/api/entries", { token, body })).status;
    assert.equal(await status({ author: "Ann", message: "  " }), 400);
    assert.equal(await status({ message: "Who am I?" }), 400);
    assert.equal(await status({ author: "Ann", message: "x".repeat(1001) }), 400);
    assert.equal((await client.request("GET", "/api/entries/999999")).status, 404);
    assert.equal((await client.request("GET", "/api/entries?limit=101")).status, 400);
    assert.equal((await client.request("GET", "/api/nothing")).status, 404);
  });

  it("logs the test user in and out, and marks what it writes", async () => {
    const wrong = await client.request("POST", "/api/session", { body: { username: "test", password: "guess" } });
    assert.equal(wrong.status, 401);
    const { token, user } = await client.openSession({ username: "test", password: TEST_PASSWORD });
    assert.equal(user, "test");
    const entry = await client.sign(token, { author: "Somebody else", message: "Written by the test user" });
    assert.deepEqual([entry.author, entry.verified], ["test", true]);
    assert.equal((await client.request("DELETE", "/api/session/user", { token })).status, 204);
    const session = await client.request("GET", "/api/session", { token });
    assert.equal(((await session.json()) as { user: null }).user, null);
  });

  it("stops those who guess passwords", async () => {
    const guess = () => client.request("POST", "/api/session", { body: { username: "nobody", password: "guess" } });
    const statuses: number[] = [];
    for (let tries = 0; tries < 11; tries++) statuses.push((await guess()).status);
    assert.deepEqual(statuses, [...new Array<number>(10).fill(401), 429]);
  });

  it("gives the test user a new password when the migration runs with one", async () => {
    const migration = startRole(app.sandbox, "migrate", { ...app.env.migrate, TEST_USER_PASSWORD: "rotated" });
    assert.equal(await migration.exit, 0);
    assert.equal((await client.openSession({ username: "test", password: "rotated" })).user, "test");
  });

  it("exposes the metrics that rules and dashboards read, by route and not by path", async () => {
    await client.request("GET", "/api/entries/1");
    const labels = { method: "GET", route: "/api/entries/:id", status_code: "200" };
    assert.ok((await metric(app.urls.metrics, "http_requests_total", labels)) ?? 0 > 0);
    assert.ok(
      (await metric(app.urls.metrics, "http_request_duration_seconds_bucket", { ...labels, le: "+Inf" })) ?? 0 > 0,
    );
    for (const url of [app.urls.mf, app.urls.metrics, app.urls.worker, app.urls.auth]) {
      for (const name of [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "nodejs_eventloop_lag_p99_seconds",
      ]) {
        assert.ok(((await metric(url, name)) ?? -1) >= 0, `${url} ${name}`);
      }
      assert.equal(await metric(url, "http_requests_total", { route: "/ready" }), undefined);
    }
    assert.equal(await metric(app.urls.worker, "guestbook_queue_length"), 0);
    assert.ok(((await metric(app.urls.worker, "guestbook_jobs_total", { result: "published" })) ?? 0) > 0);
    assert.equal((await fetch(`${app.urls.backend}/metrics`)).status, 404);
  });

  it("writes nothing but JSON lines with level, time and message, and follows a request across services", async () => {
    await fetch(app.urls.mf, { headers: { "x-request-id": "follow-me" } });
    for (const [name, { lines }] of Object.entries(app.roles)) {
      assert.ok(lines.length > 0, name);
      for (const line of lines) {
        const { level, time, msg, role } = JSON.parse(line) as Record<string, unknown>;
        assert.ok(["info", "warn"].includes(String(level)), line);
        assert.ok(typeof msg === "string" && !Number.isNaN(Date.parse(String(time))), line);
        assert.equal(role, name);
      }
    }
    for (const role of [app.roles.mf, app.roles.backend, app.roles.auth]) {
      await until("the line about the request", () =>
        Promise.resolve(role.lines.some((line) => line.includes('"reqId":"follow-me"'))),
      );
    }
  });
});
