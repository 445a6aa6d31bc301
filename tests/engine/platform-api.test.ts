import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { environmentSchema, problemSchema } from "../../platform/api/schemas.ts";
import { EventStreamReader } from "./event-stream-reader.ts";
import { NAMESPACE, PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";
import { ServiceAccount, tokenSigner } from "./service-accounts.ts";

const source = { repository: "https://git.example.com/team/unknown", branch: "main" };
const manifest = (name: string) => ({
  apiVersion: "terrarium.dev/v1alpha1",
  kind: "Environment",
  metadata: { name },
  spec: { source },
});

describe("the platform service's API on a real API server", () => {
  let cluster: PlatformCluster;
  let service: PlatformProcess;
  let editor: ServiceAccount;
  let viewer: ServiceAccount;
  let stranger: ServiceAccount;

  before(async () => {
    cluster = await PlatformCluster.create();
    [editor, viewer, stranger] = await Promise.all([
      ServiceAccount.create(cluster, "editor", [{ verbs: ["get", "list", "create", "patch", "delete"] }]),
      ServiceAccount.create(cluster, "viewer", [{ verbs: ["get", "list"] }]),
      ServiceAccount.create(cluster, "stranger", []),
    ]);
    service = cluster.start("api", { http: { port: 0, address: "127.0.0.1" } });
    await service.says('"leading"');
  });

  after(() => cluster.remove());

  const send = async (token: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${service.url}/api/v1/environments${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as unknown };
  };

  it("lets those act who have the right, and says what they did", async () => {
    const token = await editor.token();
    const created = await send(token, "POST", "", manifest("one"));
    assert.equal(created.status, 201, JSON.stringify(created.body));
    environmentSchema.parse(created.body);
    assert.equal((await send(token, "POST", "/one/extend", { by: "24h" })).status, 200);
    assert.equal((await send(token, "POST", "/one/sleep")).status, 200);
    assert.equal((await send(token, "GET", "/one")).status, 200);
    assert.equal((await send(token, "POST", "/one/approve", { commit: "a".repeat(40) })).status, 403);
    assert.equal((await send(token, "DELETE", "/one")).status, 204);
    await cluster.environmentUntil("one", (environment) => environment === undefined);
    const audit = service.log.split("\n").filter((line) => line.includes('"message":"audit"'));
    assert.deepEqual(
      audit.map((line) => JSON.parse(line) as Record<string, string>).map(({ action, result }) => [action, result]),
      [
        ["create", "ok"],
        ["extend", "ok"],
        ["sleep", "ok"],
        ["approve", "forbidden"],
        ["delete", "ok"],
      ],
    );
    assert.match(audit[0] ?? "", new RegExp(`"caller":"system:serviceaccount:${NAMESPACE}:editor"`));
    assert.ok(!service.log.includes(token), "the log has no token");
  });

  it("refuses in the API server's words what only it can tell", async () => {
    const token = await editor.token();
    const twice = manifest("twice");
    assert.equal((await send(token, "POST", "", twice)).status, 201);
    const { status, body } = await send(token, "POST", "", twice);
    assert.equal(status, 409);
    assert.match(problemSchema.parse(body).detail, /"twice" already exists/);
    const label = { ...manifest("labelled"), metadata: { name: "labelled", labels: { "not a key": "x" } } };
    const refused = await send(token, "POST", "", label);
    assert.equal(refused.status, 422);
    assert.match(problemSchema.parse(refused.body).detail, /metadata\.labels: Invalid value: "not a key"/);
    assert.equal((await send(token, "POST", "?dryRun=true", manifest("dry"))).status, 201);
    assert.equal(await cluster.environment("dry"), undefined);
    await send(token, "DELETE", "/twice");
  });

  it("shows to those who may see, and lets them change nothing", async () => {
    await cluster.createEnvironment("seen", { source });
    const token = await viewer.token();
    assert.equal((await send(token, "GET", "/seen")).status, 200);
    assert.equal((await send(token, "GET", "")).status, 200);
    const before = await cluster.environment("seen");
    for (const [method, path, body] of [
      ["POST", "", manifest("mine")],
      ["POST", "/seen/extend", { by: "1h" }],
      ["POST", "/seen/sleep", undefined],
      ["POST", "/seen/wake", undefined],
      ["POST", "/seen/approve", { commit: "a".repeat(40) }],
      ["DELETE", "/seen", undefined],
    ] as const)
      assert.equal((await send(token, method, path, body)).status, 403, `${method} ${path}`);
    assert.deepEqual((await cluster.environment("seen"))?.spec, before?.spec);
    assert.equal(await cluster.environment("mine"), undefined);
    assert.equal((await send(await stranger.token(), "GET", "/seen")).status, 403);
  });

  it("knows nobody by a token that is forged, expired, revoked, or made for somebody else", async () => {
    const { key, issuer } = await tokenSigner(cluster);
    const good = await editor.token();
    const [head, claims, signature = ""] = good.split(".");
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const leaving = await ServiceAccount.create(cluster, "leaving", [{ verbs: ["list"] }]);
    const revoked = await leaving.token();
    await leaving.remove();
    const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
    const table: readonly [what: string, token: string, status: number][] = [
      ["made by the cluster", good, 200],
      ["signed by hand with the cluster's key", editor.handmadeToken(key, 600, issuer), 200],
      ["expired", editor.handmadeToken(key, -60, issuer), 401],
      ["signed with another key", editor.handmadeToken(other, 600, issuer), 401],
      ["of another issuer", editor.handmadeToken(key, 600, "https://evil.example.com"), 401],
      ["for the API server", await editor.token(""), 401],
      ["for another service", await editor.token("vault"), 401],
      ["with another signature", `${head}.${claims}.${[...signature].reverse().join("")}`, 401],
      ["without a signature", `${unsigned}.${claims}.`, 401],
      ["of an account that is gone", revoked, 401],
      ["that is no token", "admin", 401],
      ["that is empty", "", 401],
    ];
    for (const [what, token, status] of table)
      assert.equal((await send(token, "GET", "")).status, status, `a token ${what}`);
  });

  it("streams an environment and the events about it from where a reader left off, until it is gone", async () => {
    const token = await editor.token();
    await send(token, "POST", "", manifest("told"));
    const path = `${service.url}/api/v1/environments/told/events`;
    const reader = new EventStreamReader(path, token);
    const isRejected = ({ event, data }: { event: string; data: string }) =>
      event === "environment" && data.includes("UnknownRepository");
    await reader.until(isRejected);
    await reader.until(({ event, data }) => event === "event" && data.includes("UnknownRepository"));
    const { lastId } = reader;
    reader.close();
    const later = new EventStreamReader(path, token, lastId);
    await send(token, "POST", "/told/extend", { by: "48h" });
    await later.until(({ event, data }) => event === "environment" && data.includes("extendedUntil"));
    const versions = [...reader.seen, ...later.seen].map(({ id, event }) => `${event} ${id}`);
    assert.equal(new Set(versions).size, versions.length, "what was seen is not sent again");
    await send(token, "DELETE", "/told");
    await later.until(({ event }) => event === "gone");
    await later.ended;
  });

  it("ends what it does for a reader that goes away", async () => {
    const token = await viewer.token();
    const readers = Array.from(
      { length: 5 },
      () => new EventStreamReader(`${service.url}/api/v1/environments/seen/log`, token),
    );
    await Promise.all(readers.map((reader) => reader.opened));
    const openUntil = (count: number) =>
      until(async () => {
        const metrics = await (await fetch(`${service.url}/metrics`)).text();
        const open = /^terrarium_event_streams (\d+)$/m.exec(metrics)?.[1];
        return { done: Number(open) === count, value: undefined, state: open };
      }, 10);
    await openUntil(5);
    for (const reader of readers) reader.close();
    await openUntil(0);
  });

  it("does nothing while the API server is away, and goes on when it is back", async () => {
    const token = await editor.token();
    const restarted = cluster.restartApiServer(3);
    const answered = await until(async () => {
      const { status } = await send(token, "DELETE", "/seen");
      return { done: status !== 204, value: status, state: String(status) };
    }, 10);
    assert.equal(answered, 503);
    await restarted;
    await until(async () => {
      const { status } = await send(token, "GET", "/seen");
      return { done: status === 200, value: undefined, state: String(status) };
    }, 30);
  });
});
