import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { IMAGES, type PreviewEnvironment } from "../../spec/index.ts";
import { PlatformProcess } from "../engine/platform-cluster.ts";
import { type Bucket, serveBucket } from "./bucket.ts";
import { eventually } from "./eventually.ts";
import { kubectl, objectsIn } from "./kubectl.ts";
import { machineAddress } from "./source-mode/machine-address.ts";
import { checkout, forwards, unique } from "./stack.ts";

const REPOSITORY = "https://git.example.com/team/notes";
const COMMIT = "1".repeat(40);
/** It shares a node of two cores with the environments of other tests. */
const modest = { resources: { requests: { cpu: "10m" }, limits: { cpu: "1" } } };
/** Finds the table, or makes it. */
const MIGRATE = `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "create table if not exists notes (text text); insert into notes values ('migrated')"`;
const SEED = `create table notes (text text); insert into notes values ('seeded');`;
/** It breaks after a row was written. */
const BROKEN = `${SEED} insert into nothing values (1);`;

describe("preview environments with data to start with", () => {
  const platform = unique("platform");
  const folder = join(checkout, ".terrarium", platform);
  const signature = randomUUID();
  const objects = objectsIn(platform);
  let bucket: Bucket;
  let service: PlatformProcess;

  const create = async (name: string, spec: object): Promise<void> => {
    const manifest = {
      apiVersion: "terrarium.dev/v1alpha1",
      kind: "Environment",
      metadata: { name, namespace: platform },
      spec: { source: { repository: REPOSITORY, branch: "main", commit: COMMIT }, ...spec },
    };
    await objects.run(["apply", "--filename", "-"], JSON.stringify(manifest));
  };
  const ready = (name: string): Promise<PreviewEnvironment> =>
    eventually(
      `${name} to be Ready`,
      async () => {
        const found = await objects.read<PreviewEnvironment>("environments.terrarium.dev", name);
        if (found.status?.phase === "Failed") throw new Error(JSON.stringify(found.status.conditions));
        return found.status?.phase === "Ready" ? found : undefined;
      },
      { timeoutMs: 240_000 },
    );
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
  const [fromFile, fromBucket, broken, fork] = ["file", "bucket", "broken", "fork"].map(unique) as [
    string,
    string,
    string,
    string,
  ];

  before(async () => {
    const nodes = await objects.run(["get", "nodes", "--output", "jsonpath={.items[0].status.addresses[0].address}"]);
    const address = machineAddress(nodes);
    bucket = await serveBucket(address, signature);
    // The definition stays: other tests may use it at the same time.
    await objects.run(["apply", "--server-side", "--filename", join(checkout, "platform/crd/environments.yaml")]);
    await eventually("the definition", () =>
      objects.run(["wait", "--for=condition=Established", "crd/environments.terrarium.dev"]),
    );
    await objects.run(["create", "namespace", platform]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "notes.sql"), SEED);
    writeFileSync(join(folder, "dump-address"), bucket.put("dumps/notes.dump.gz", Buffer.from("not yet")));
    const egress = [{ cidr: `${address}/32`, ports: [bucket.port] }];
    const schema = { dataStore: "postgres", image: IMAGES.postgres17.image, user: 999, command: ["sh", "-c", MIGRATE] };
    service = new PlatformProcess({
      checkout,
      kubeconfig: forwards.kubeconfig,
      name: platform,
      home: platform,
      config: {
        namespace: platform,
        repositories: {
          [REPOSITORY]: {
            base: {
              dataStores: { postgres: { engine: "postgres", database: "notes", username: "notes", ...modest } },
              migrations: { schema: { ...schema, ...modest } },
            },
            seeds: {
              notes: { file: "notes.sql" },
              dump: { dump: { config: "address", egress } },
              broken: { sql: BROKEN },
            },
            seed: "notes",
            secretFiles: { address: "dump-address" },
          },
        },
      },
    });
    await service.says('"leading"');
    const pullRequest = { number: 7, fork: true };
    const approval = { commit: COMMIT, by: "ada" };
    await create(fromFile, {});
    await create(broken, { seed: { data: "broken" } });
    await create(fork, { seed: { data: "dump" }, pullRequest, approval });
  });

  after(async () => {
    await kubectl(["delete", "environments.terrarium.dev", "--all", "--namespace", platform, "--timeout=180s"]);
    await service.stop();
    await kubectl(["delete", "namespace", platform, "--wait=false"]);
    await bucket.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("have the rows of an SQL file before their migrations run", async () => {
    assert.deepEqual(seeded(await ready(fromFile)), {
      reason: "Loaded",
      message: "The data of postgres was loaded.",
    });
    assert.deepEqual(await rows(fromFile), ["seeded", "migrated"]);
  });

  it("have the rows of a dump in a bucket, whose presigned address nobody is told", async () => {
    const dump = ["sh", "-c", "pg_dump --format=custom -U postgres notes | base64 -w 0"];
    const taken = Buffer.from(await inDatabase(fromFile, ...dump), "base64");
    bucket.put("dumps/notes.dump.gz", gzipSync(taken));
    await create(fromBucket, { seed: { data: "dump" } });
    const environment = await ready(fromBucket);
    assert.equal(seeded(environment).reason, "Loaded");
    assert.deepEqual(await rows(fromBucket), ["seeded", "migrated", "migrated"]);
    assert.deepEqual(bucket.answers, ["200 /dumps/notes.dump.gz"]);
    const pod = await objectsIn(`preview-${fromBucket}`).run(["get", "pods,jobs,configmaps,events", "-o", "json"]);
    for (const text of [service.log, JSON.stringify(environment), pod]) assert.ok(!text.includes(signature));
  });

  it("start empty where the data can't be loaded, are migrated, and say so", async () => {
    const { reason, message = "" } = seeded(await ready(broken));
    assert.equal(reason, "NotLoaded");
    assert.match(message, /^postgres started empty, and migrations went on: .*relation "nothing" does not exist/);
    assert.deepEqual(await rows(broken), ["migrated"]);
  });

  it("of forks never have any", async () => {
    const environment = await ready(fork);
    assert.deepEqual(seeded(environment), { reason: undefined, message: undefined });
    assert.deepEqual(await rows(fork), ["migrated"]);
    assert.doesNotMatch(await objectsIn(`preview-${fork}`).run(["get", "jobs,secrets", "--output=name"]), /seed/);
  });
});
