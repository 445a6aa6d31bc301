import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { ROUTES, type Route } from "../../../../platform/api/routes.ts";
import { problemSchema } from "../../../../platform/api/schemas.ts";
import { ApiService, ENVIRONMENTS, REPOSITORY, type SendOptions } from "./api-service.ts";

const COMMIT = "a".repeat(40);
const source = { repository: REPOSITORY, branch: "main" };
const manifest = (name: string, spec: object = {}) => ({
  apiVersion: "terrarium.dev/v1alpha1",
  kind: "Environment",
  metadata: { name },
  spec: { source, ...spec },
});

describe("the REST API", () => {
  let service: ApiService;

  beforeEach(async () => {
    service = await ApiService.start();
  });

  afterEach(() => service.stop());

  const stored = (name: string) => service.api.objects.get(`${ENVIRONMENTS}/${name}`) as { spec: object } | undefined;
  const post = (path: string, body?: unknown, more: SendOptions = {}) =>
    service.send("POST", `/api/v1/environments${path}`, { body, ...more });

  it("creates an environment, shows it at once, and deletes it", async () => {
    const created = await post("", manifest("one", { ttl: "72h" }));
    assert.equal(created.status, 201, created.text);
    assert.equal((await service.send("GET", "/api/v1/environments/one")).body.metadata?.name, "one");
    assert.deepEqual(stored("one")?.spec, { source, ttl: "72h" });
    assert.equal((await post("", manifest("one"))).status, 409);
    assert.deepEqual((await service.send("DELETE", "/api/v1/environments/one")).status, 204);
    assert.equal((await service.send("GET", "/api/v1/environments/one")).status, 404);
    assert.equal((await service.send("DELETE", "/api/v1/environments/one")).status, 404);
  });

  it("refuses a wrong environment with every problem, in the words of the command", async () => {
    const { status, body } = await post("", manifest("Wrong", { ttl: "soon", colour: "red" }));
    assert.equal(status, 422);
    assert.deepEqual(
      body.errors?.map(({ path }) => path),
      ["metadata.name", "spec.ttl", "spec.colour"],
    );
    assert.match(JSON.stringify(body.errors), /a time span such as/);
  });

  it("extends, puts to sleep and wakes", async () => {
    service.put("one");
    assert.equal((await post("/one/extend", { by: "24h" })).status, 200);
    assert.deepEqual((stored("one")?.spec as { extendedUntil: string }).extendedUntil, "2026-01-02T00:00:00Z");
    const { body: asleep } = await post("/one/sleep");
    const { sleepAt } = asleep.spec?.["sleep"] as { sleepAt: string };
    const { body: awake } = await post("/one/wake");
    const { wakeAt } = awake.spec?.["sleep"] as { wakeAt: string };
    assert.ok(wakeAt > sleepAt, "what was asked for last counts");
  });

  it("lets one commit of a fork run: that which the environment is of, approved by whoever asks", async () => {
    service.put("fork", { source: { ...source, commit: COMMIT }, pullRequest: { number: 7, fork: true } });
    service.put("own", { source: { ...source, commit: COMMIT } });
    assert.equal((await post("/fork/approve", { commit: "b".repeat(40) })).status, 409);
    assert.equal((await post("/own/approve", { commit: COMMIT })).status, 409);
    assert.equal((await post("/fork/approve", { commit: COMMIT }, { as: "editor" })).status, 403);
    const { body } = await post("/fork/approve", { commit: COMMIT });
    assert.deepEqual(body.spec?.["approval"], { commit: COMMIT, by: "admin" });
  });

  it("takes the right to approve from who creates an environment with an approval in it", async () => {
    const forged = manifest("forged", { approval: { commit: COMMIT, by: "somebody" } });
    assert.equal((await post("", forged, { as: "editor" })).status, 403);
    assert.equal(stored("forged"), undefined);
    assert.equal((await post("", forged)).status, 201);
  });

  it("shows what the last update changed, and the log", async () => {
    const diff = { create: 1, update: 0, replace: 0, delete: 0, same: 2, resources: ["create Deployment/web"] };
    service.put("one", {}, { status: { diff } });
    service.put("new");
    assert.deepEqual((await service.send("GET", "/api/v1/environments/one/diff")).body, diff);
    assert.equal((await service.send("GET", "/api/v1/environments/new/diff")).status, 404);
    const log = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one-log" }, data: { log: "a\nb\n" } };
    service.api.create("/api/v1/namespaces/terrarium/configmaps", log, new Date(0));
    assert.deepEqual((await service.send("GET", "/api/v1/environments/one/log")).body, { lines: ["a", "b"] });
    assert.deepEqual((await service.send("GET", "/api/v1/environments/new/log")).body, { lines: [] });
  });

  it("writes a line about everything that is done or refused, with who and what, and nothing of what was sent", async () => {
    await post("", manifest("one", { overrides: { services: { web: { env: { TOKEN: "s3cret" } } } } }));
    await post("/one/sleep", undefined, { as: "viewer" });
    await service.send("DELETE", "/api/v1/environments/gone", { as: "editor" });
    const entry = { uid: undefined, address: "127.0.0.1" };
    assert.deepEqual(service.audit, [
      { ...entry, caller: "admin", action: "create", environment: "one", result: "ok" },
      { ...entry, caller: "viewer", action: "sleep", environment: "one", result: "forbidden" },
      { ...entry, caller: "editor", action: "delete", environment: "gone", result: "not-found" },
    ]);
  });

  it("does nothing for those who are not known, or have no right", async () => {
    service.put("one");
    for (const route of Object.values<Route>(ROUTES)) {
      const path = `/api/v1${route.path.replace(":name", "one")}`;
      const body = route.body === undefined ? {} : { body: { anything: true } };
      for (const as of ["", "stranger"]) {
        const { status, headers } = await service.send(route.method, path, { ...body, as });
        assert.deepEqual([status, headers.get("www-authenticate")], [401, 'Bearer realm="terrarium"'], path);
      }
      const valid = { "/extend": { by: "1h" }, "/approve": { commit: COMMIT }, s: manifest("x") };
      const right = Object.entries(valid).find(([end]) => path.endsWith(end) && route.body)?.[1];
      const refused = await service.send(route.method, path, { ...(right ? { body: right } : {}), as: "nobody" });
      assert.equal(refused.status, 403, `${route.method} ${path}: ${refused.text}`);
    }
    assert.deepEqual(service.api.writes, []);
  });

  it("does nothing where the API server does not tell who somebody is or what they may do", async () => {
    service.put("one");
    for (const review of ["tokenreviews", "subjectaccessreviews"])
      for (const failure of [0, 403, 500]) {
        service.api.refuse = (_method, path) => (path.endsWith(review) ? failure : undefined);
        const { status, headers } = await service.send("DELETE", "/api/v1/environments/one");
        assert.deepEqual([status, headers.get("retry-after")], [503, "5"], `${review} ${failure}`);
      }
    assert.ok(stored("one"));
  });

  it("shows nothing before it has listed the environments, rather than none", async () => {
    const early = await ApiService.start(100, false);
    assert.equal((await early.send("GET", "/api/v1/environments")).status, 503);
    assert.equal((await early.send("GET", "/api/v1/environments", { as: "stranger" })).status, 401);
    await early.stop();
  });

  it("asks the API server seldom, but soon again", async () => {
    service.put("one");
    const get = () => service.send("GET", "/api/v1/environments/one");
    for (let time = 0; time < 5; time += 1) await get();
    assert.equal(service.api.reviews, 2);
    await service.clock.advance(10_000);
    await get();
    assert.equal(service.api.reviews, 4);
  });

  it("answers whoever asks too often later, and others as before", async () => {
    const limited = await ApiService.start(3);
    const get = (as: string) => limited.send("GET", "/api/v1/environments", { as });
    for (let time = 0; time < 3; time += 1) assert.equal((await get("viewer")).status, 200);
    const refused = await get("viewer");
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "20"]);
    assert.equal((await get("admin")).status, 200);
    await limited.clock.advance(20_000);
    assert.equal((await get("viewer")).status, 200);
    for (let time = 0; time < 30; time += 1) assert.equal((await get(`stranger${time}`)).status, 401);
    assert.equal((await get("stranger")).status, 429, "guessing tokens ends");
    await limited.stop();
  });

  describe("given what is no request for it", () => {
    const TABLE: readonly [what: string, status: number, send: (options: Sender) => Promise<{ status: number }>][] = [
      ["a body that is too large", 413, ({ post }) => post("", { ...manifest("x"), more: "x".repeat(300_000) })],
      ["JSON that is cut off", 400, ({ post }) => post("", '{"apiVersion":', json)],
      ["no JSON", 400, ({ post }) => post("", "apiVersion: v1", json)],
      ["an empty body", 400, ({ post }) => post("", "", json)],
      ["no body", 422, ({ post }) => post("")],
      ["a list", 422, ({ post }) => post("", [manifest("x")])],
      ["a key that reaches for prototypes", 400, ({ post }) => post("", '{"__proto__":{"a":1}}', json)],
      ["text", 415, ({ post }) => post("", "x", { headers: { "content-type": "text/plain" } })],
      ["YAML", 415, ({ post }) => post("", "kind: X", { headers: { "content-type": "application/yaml" } })],
      [
        "a form",
        415,
        ({ post }) => post("", "a=b", { headers: { "content-type": "application/x-www-form-urlencoded" } }),
      ],
      [
        "a page of another site",
        403,
        ({ post }) => post("", manifest("x"), { headers: { "sec-fetch-site": "cross-site" } }),
      ],
      [
        "a page of a site beside it",
        403,
        ({ post }) => post("", manifest("x"), { headers: { "sec-fetch-site": "same-site" } }),
      ],
      [
        "another origin",
        403,
        ({ post }) => post("", manifest("x"), { headers: { origin: "https://evil.example.com" } }),
      ],
      ["an origin that is hidden", 403, ({ post }) => post("", manifest("x"), { headers: { origin: "null" } })],
      ["a session, from who knows where", 403, ({ post }) => post("/one/sleep", undefined, session)],
      ["a name that leads elsewhere", 404, ({ send }) => send("DELETE", "/api/v1/environments/..%2F..%2Fsecrets")],
      ["a name that nothing has", 404, ({ send }) => send("GET", "/api/v1/environments/ONE")],
      ["a name that can't be read", 400, ({ send }) => send("GET", "/api/v1/environments/%zz")],
      ["an unknown query", 400, ({ send }) => send("GET", "/api/v1/environments?colour=red")],
      ["a query twice", 400, ({ send }) => send("GET", "/api/v1/environments?limit=1&limit=2")],
      ["a wrong limit", 400, ({ send }) => send("GET", "/api/v1/environments?limit=0")],
      ["a page that was never there", 400, ({ send }) => send("GET", "/api/v1/environments?continue=Li4v")],
      ["a wrong selector", 400, ({ send }) => send("GET", "/api/v1/environments?labelSelector=a%20b")],
      ["a wrong span", 422, ({ post }) => post("/one/extend", { by: "99999h" })],
      ["a wrong method", 405, ({ send }) => send("PUT", "/api/v1/environments/one")],
      ["a method that hardly anybody knows", 405, ({ send }) => send("QUERY", "/api/v1/environments/one")],
      ["a path that is not there", 404, ({ send }) => send("GET", "/api/v1/secrets")],
      [
        "a type that is not served",
        406,
        ({ send }) => send("GET", "/api/v1/environments/one/log", { headers: { accept: "text/html" } }),
      ],
    ];

    interface Sender {
      readonly send: ApiService["send"];
      readonly post: typeof post;
    }

    for (const [what, status, send] of TABLE)
      it(`answers ${what} with ${status}, and does nothing`, async () => {
        service.put("one");
        const answer = await send({ post, send: (...args) => service.send(...args) });
        const { body, headers, text } = answer as Awaited<ReturnType<ApiService["send"]>>;
        assert.equal(answer.status, status, text);
        assert.equal(headers.get("content-type")?.split(";")[0], "application/problem+json");
        problemSchema.parse(body);
        assert.deepEqual(service.api.writes, []);
      });

    it("does nothing with a body whose end never comes", async () => {
      const request = httpRequest(`${service.url}/api/v1/environments`, {
        method: "POST",
        headers: { authorization: "Bearer admin-token", "content-type": "application/json", "content-length": "500" },
      });
      const cut = new Promise<string>((resolve) => request.once("error", (error) => resolve(error.message)));
      request.write(JSON.stringify(manifest("cut")));
      request.destroy(new Error("cut off"));
      assert.equal(await cut, "cut off");
      assert.equal((await service.send("GET", "/api/v1/environments/cut")).status, 404);
      assert.deepEqual(service.api.writes, []);
    });

    it("answers what is no HTTP with a problem", async () => {
      const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
      socket.write("hello\r\n\r\n");
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1\.1 400 .*\r\nContent-Type: application\/problem\+json\r\n/);
      problemSchema.parse(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))));
    });
  });

  it("takes a browser's session from its own pages alone", async () => {
    service.put("one");
    const own = { ...session.headers, "sec-fetch-site": "same-origin" };
    assert.equal((await post("/one/sleep", undefined, { as: "", headers: own })).status, 200);
    const { origin } = new URL(service.url);
    const old = { ...session.headers, origin };
    assert.equal((await post("/one/wake", undefined, { as: "", headers: old })).status, 200);
    assert.equal((await service.send("GET", "/api/v1/environments/one", session)).status, 200);
  });
});

const json = { headers: { "content-type": "application/json" } };
const session = { as: "", headers: { cookie: "terrarium-token=admin-token" } };
