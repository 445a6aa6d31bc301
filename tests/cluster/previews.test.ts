import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { request as send } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runActivator } from "../../platform/activator/run.ts";
import { IMAGES, type PreviewEnvironment } from "../../spec/index.ts";
import { type Bucket, serveBucket } from "./bucket.ts";
import { eventually } from "./eventually.ts";
import { objectsIn } from "./kubectl.ts";
import { nodeNetwork } from "./node-network.ts";
import { modest, quick, ServiceOnPods } from "./service-on-pods.ts";
import { forwards, unique } from "./stack.ts";

/** One with a service, and one with data alone. */
const [NOTES, ARCHIVE] = ["https://git.example.com/team/notes", "https://git.example.com/team/archive"] as const;
const COMMIT = "1".repeat(40);
/** Answers on every path with what it was asked for. */
const SERVER = `
const server = require("node:http").createServer((request, response) => response.end("awake: " + request.url));
server.listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));
`;
/** Finds the table, or makes it, and leaves a line each time it runs. */
const MIGRATE = `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "create table if not exists notes (text text); insert into notes values ('migrated')"`;
const SEED = `create table notes (text text); insert into notes values ('seeded');`;
/** It breaks after a row was written. */
const BROKEN = `${SEED} insert into nothing values (1);`;

describe("preview environments on real pods", () => {
  const service = new ServiceOnPods();
  const [nap, dumped, broken] = [unique("nap"), unique("dumped"), unique("broken")];
  const host = `${nap}.preview.example.com`;
  const signature = randomUUID();
  const stopping = new AbortController();
  let bucket: Bucket;
  let activator: Promise<void>;
  let port = 0;
  let address = "";

  const sourceOf = (repository: string) => ({ source: { repository, branch: "main", commit: COMMIT } });
  const seeded = ({ status }: PreviewEnvironment) => {
    const { reason, message } = status?.conditions?.find(({ type }) => type === "Seeded") ?? {};
    return { reason, message };
  };
  const inDatabase = (name: string, ...command: string[]): Promise<string> =>
    objectsIn(`preview-${name}`).run(["exec", "postgres-0", "-c", "postgres", "--", ...command]);
  const rows = async (name: string): Promise<string[]> => {
    const psql = ["psql", "-U", "postgres", "-d", "notes", "-At", "-c", "select text from notes"];
    return (await inDatabase(name, ...psql)).trim().split("\n");
  };

  before(async () => {
    const { machine } = await nodeNetwork(service.objects);
    bucket = await serveBucket(machine, signature);
    mkdirSync(service.folder, { recursive: true });
    writeFileSync(join(service.folder, "notes.sql"), SEED);
    writeFileSync(join(service.folder, "dump-address"), bucket.put("dumps/notes.dump.gz", Buffer.from("not yet")));
    const egress = [{ cidr: `${machine}/32`, ports: [bucket.port] }];
    const web = {
      image: IMAGES.node.image,
      command: ["node", "-e", SERVER],
      calls: ["postgres"],
      expose: {},
      metrics: false,
      ...quick,
    };
    const schema = { dataStore: "postgres", image: IMAGES.postgres17.image, user: 999, command: ["sh", "-c", MIGRATE] };
    const data = {
      dataStores: { postgres: { engine: "postgres", database: "notes", username: "notes", ...modest } },
      migrations: { schema: { ...schema, ...modest } },
    };
    const dump = { dump: { config: "address", egress } };
    await service.start({
      url: "http://{name}.preview.example.com",
      sleep: { activator: { hold: "120s" } },
      repositories: {
        [NOTES]: { base: { services: { web }, ...data }, seeds: { notes: { file: "notes.sql" } }, seed: "notes" },
        [ARCHIVE]: {
          base: data,
          seeds: { dump, broken: { sql: BROKEN } },
          secretFiles: { address: "dump-address" },
        },
      },
    });
    await service.create(nap, sourceOf(NOTES));
    await service.create(broken, { ...sourceOf(ARCHIVE), seed: { data: "broken" } });
    const listening = new Promise<number>((resolve) => {
      activator = runActivator({
        config: service.configFile,
        cluster: { kubeconfig: forwards.kubeconfig, context: forwards.context },
        port: 0,
        adminPort: 0,
        listening: resolve,
        // This machine is the node, and does not ask the cluster's DNS.
        placeOf: (_, route) => ({ host: address, port: route.port }),
        write: () => undefined,
        stop: stopping.signal,
      });
    });
    port = await listening;
  });

  after(async () => {
    stopping.abort();
    await activator;
    await service.stop();
    await bucket.stop();
  });

  it("have the rows of an SQL file before their migrations run", async () => {
    assert.deepEqual(seeded(await service.ready(nap)), {
      reason: "Loaded",
      message: "The data of postgres was loaded.",
    });
    assert.deepEqual(await rows(nap), ["seeded", "migrated"]);
    const dump = ["sh", "-c", "pg_dump --format=custom -U postgres notes | base64 -w 0"];
    const taken = Buffer.from(await inDatabase(nap, ...dump), "base64");
    bucket.put("dumps/notes.dump.gz", gzipSync(taken));
    // It comes up while others are looked at.
    await service.create(dumped, { ...sourceOf(ARCHIVE), seed: { data: "dump" } });
  });

  it("answer through the activator", async () => {
    address = await objectsIn(`preview-${nap}`).run([
      ...["get", "service", "web", "--output", "jsonpath={.spec.clusterIP}"],
    ]);
    assert.deepEqual(await ask("/first"), { status: 200, text: "awake: /first" });
  });

  it("show what their pods write to whom `kubectl logs` would show it", async () => {
    const { run } = service.objects;
    const account = `--serviceaccount=${service.name}:reader`;
    await run(["create", "serviceaccount", "reader"]);
    await run(["create", "rolebinding", "reader", "--clusterrole=cluster-admin", account]);
    const token = (await run(["create", "token", "reader", "--audience=terrarium"])).trim();
    const page = async (): Promise<{ readonly status: number; readonly text: string }> => {
      const answer = await fetch(`${service.url}/environments/${nap}/pods/postgres-0`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return { status: answer.status, text: await answer.text() };
    };
    assert.equal((await page()).status, 403);
    await objectsIn(`preview-${nap}`).run(["create", "rolebinding", "reader", "--clusterrole=view", account]);
    const seen = await eventually("the right to read logs", async () => {
      const { status, text } = await page();
      return status === 200 ? text : undefined;
    });
    assert.match(seen, /Log of postgres[^]*database system is ready to accept connections/);
  });

  it("start empty where the data can't be loaded, are migrated, and say so", async () => {
    const { reason, message = "" } = seeded(await service.ready(broken));
    assert.equal(reason, "NotLoaded");
    assert.match(message, /^postgres started empty, and migrations went on: .*relation "nothing" does not exist/);
    assert.deepEqual(await rows(broken), ["migrated"]);
  });

  it("have no pod while they sleep, and answer the first request once they are awake, with their data", async () => {
    await service.change(nap, { sleep: { sleepAt: new Date().toISOString() } });
    await service.asleep(nap);
    await eventually("no pods", async () => {
      const pods = await objectsIn(`preview-${nap}`).run(["get", "pods", "--output", "name"]);
      return pods === "" ? true : undefined;
    });

    const begun = Date.now();
    const answer = await ask("/again");
    const answered = Date.now();
    assert.deepEqual(answer, { status: 200, text: "awake: /again" });
    assert.deepEqual(await rows(nap), ["seeded", "migrated", "migrated"]);
    const { status } = await service.environment(nap);
    const since = (time: string | undefined): string => ((Date.parse(time ?? "") - begun) / 1000).toFixed(1);
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const steps = (status?.steps ?? []).map(
      (step) => `${step.name} from ${since(step.startedAt)} to ${since(step.finishedAt)} s`,
    );
    console.log(
      `cluster: wake, in seconds from the request: ${steps.join(", ")}; Ready ${since(ready?.lastTransitionTime)} s; answered ${since(new Date(answered).toISOString())} s`,
    );
  });

  it("have the rows of a dump in a bucket, whose presigned address nobody is told", async () => {
    const environment = await service.ready(dumped);
    assert.equal(seeded(environment).reason, "Loaded");
    assert.deepEqual(await rows(dumped), ["seeded", "migrated", "migrated"]);
    assert.deepEqual(bucket.answers, ["200 /dumps/notes.dump.gz"]);
    const pod = await objectsIn(`preview-${dumped}`).run(["get", "pods,jobs,configmaps,events", "-o", "json"]);
    for (const text of [service.log, JSON.stringify(environment), pod]) assert.ok(!text.includes(signature));
  });

  function ask(path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = send({ host: "127.0.0.1", port, path, headers: { host }, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
      request.end();
    });
  }
});
