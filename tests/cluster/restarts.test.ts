import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { OwnEnvironment } from "./own-environment.ts";
import { unique } from "./stack.ts";

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
}

const { namespace, run, read, sql } = new OwnEnvironment("restarts").objects;

/** The services that keep something: one pod each. */
const keepers = ["guestbook-auth", "postgres", "redis"] as const;
const uid = async (service: string) => (await read<Pod>("pod", `${service}-0`)).metadata.uid;

/** Replaces the keepers' pods as an update does: each ends in its own time. */
async function roll(service: string): Promise<void> {
  await run(["rollout", "restart", `statefulset/${service}`]);
  await run(["rollout", "status", `statefulset/${service}`, "--timeout=180s"]);
}

/** Ends a keeper's pod at once, as a node that fails does. */
async function kill(service: string): Promise<void> {
  const before = await uid(service);
  await run(["delete", "pod", `${service}-0`, "--grace-period=0", "--force"]);
  await eventually("a new pod", async () => ((await uid(service)) === before ? undefined : true));
  await run(["wait", "--for=condition=Ready", `pod/${service}-0`, "--timeout=180s"]);
}

/** Pods of the API, with how often each was restarted. */
async function apiPods(): Promise<unknown> {
  const { items } = await read<{ items: Pod[] }>("pods", "--selector", "terrarium.dev/workload=guestbook-backend");
  return items.map(({ metadata, status }) => [metadata.name, status.containerStatuses?.[0]?.restartCount]);
}

const get = (service: string, path: string) =>
  run(["get", "--raw", `/api/v1/namespaces/${namespace}/services/${service}:http/proxy${path}`]);
const redis = async (...command: string[]) => (await run(["exec", "redis-0", "--", "redis-cli", ...command])).trim();

for (const [how, replace] of [
  ["rolled by an update", roll],
  ["killed at the same moment", kill],
] as const) {
  describe(`when the pods that keep something are ${how}`, () => {
    const key = unique("kept");
    const table = key.replace("-", "_");
    const found: { uids: string[]; authKeys: string; api: unknown } = { uids: [], authKeys: "", api: undefined };

    before(async () => {
      await sql(`SET ROLE guestbook; CREATE TABLE ${table} (value text); INSERT INTO ${table} VALUES ('kept')`);
      assert.equal(await redis("SET", key, "kept"), "OK");
      found.authKeys = await get("guestbook-auth", "/keys");
      found.api = await apiPods();
      found.uids = await Promise.all(keepers.map(uid));
      await Promise.all(keepers.map(replace));
    });
    after(() => Promise.all([sql(`DROP TABLE ${table}`), redis("DEL", key)]));

    it("the auth service keeps its name and its signing key, without a volume", async () => {
      assert.match(found.authKeys, /"kid":"guestbook-auth-0\./);
      assert.equal(await eventually("the keys", () => get("guestbook-auth", "/keys")), found.authKeys);
      assert.notEqual(await uid("guestbook-auth"), found.uids[0]);
    });

    it("Postgres keeps what was written", async () => {
      assert.deepEqual(await sql(`SELECT value FROM ${table}`), ["kept"]);
      assert.notEqual(await uid("postgres"), found.uids[1]);
    });

    it("Redis keeps what was written", async () => {
      assert.equal(await redis("GET", key), "kept");
      assert.notEqual(await uid("redis"), found.uids[2]);
    });

    it("the API comes back by itself, in the same pods", async () => {
      await eventually("the API", () => get("guestbook-backend", "/api/entries/similar?q=any"));
      await eventually("readiness", () => get("guestbook-backend", "/ready"));
      assert.deepEqual(await apiPods(), found.api);
    });
  });
}
