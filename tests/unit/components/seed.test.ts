import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readSeedMessages } from "../../../components/index.ts";
import { InvalidSpecError, resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import { pathsOf, type Recording } from "../mocks.ts";
import { NO_OBSERVABILITY, recordEnvironment } from "./guestbook.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";
const SQL = { sql: "create table notes (text text); insert into notes values ('seeded');" };
const SIGNED = "https://bucket.example.com/shop.dump?X-Signature=s1gnature";

function shop(seed: object, over: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    name: "shop-dev",
    tier: "dev",
    application: "shop",
    services: { api: { image: IMAGE, calls: ["db"] } },
    dataStores: { db: { engine: "postgres", seed } },
    migrations: { schema: { dataStore: "db", image: IMAGE, command: ["migrate"] } },
    ...NO_OBSERVABILITY,
    ...over,
  };
}

async function recorded(seed: object, over: Partial<EnvironmentSpec> = {}): Promise<Recording> {
  return (await recordEnvironment({ spec: shop(seed, over), secretValues: { dump: SIGNED } })).recording;
}

function podOf(recording: Recording) {
  return recording.one("Job", "db-seed").object.spec.template.spec;
}

describe("A Postgres with a seed", () => {
  it("is loaded after it is ready and before its migrations, with the store's own image and role", async () => {
    const recording = await recorded(SQL);
    assert.ok(recording.one("Job", "db-seed").dependsOn.includes("db-statefulset"));
    assert.ok(recording.one("Job", "schema").dependsOn.includes("db-seed-job"));
    assert.ok(recording.one("Deployment", "api").dependsOn.includes("db-seed-job"));
    assert.deepEqual(recording.one("ConfigMap", "db-seed").object.data, { data: SQL.sql });
    const { containers, initContainers = [] } = podOf(recording);
    assert.deepEqual(initContainers, []);
    assert.equal(
      containers[0]?.image,
      recording.one("StatefulSet", "db").object.spec.template.spec.containers[0]?.image,
    );
  });

  it("has no such job while it sleeps, and keeps the rest of it", async () => {
    const names = async (asleep: boolean) => (await recorded(SQL, { asleep })).names();
    const asleep = await names(true);
    assert.deepEqual((await names(false)).filter((name) => !asleep.includes(name)).sort(), [
      "Job db-seed",
      "Job schema",
    ]);
  });

  it("tells the address of a dump, which may hold a signature, to one container alone", async () => {
    const recording = await recorded({ dump: { config: "dump" } });
    const holders = recording.objects().filter(({ object }) => pathsOf(object, "s1gnature").length > 0);
    assert.deepEqual(
      holders.map(({ object }) => `${object.kind} ${object.metadata.name}`),
      ["Secret db-seed"],
    );
    const { containers, initContainers = [] } = podOf(recording);
    const reads = (container: (typeof containers)[number] | undefined) =>
      JSON.stringify(container?.envFrom ?? []).includes("db-seed");
    assert.deepEqual([reads(initContainers[0]), reads(containers[0])], [true, false]);
  });

  it("lets its job reach the store and the file's server, and nothing else", async () => {
    const egress = async (seed: object) => {
      const policies = (await recorded(seed)).all("NetworkPolicy");
      const { spec } = policies.find(({ object }) => object.metadata.name === "db-seed")?.object ?? assert.fail();
      return spec.egress.map(({ to, ports }) => [to[0]?.ipBlock?.cidr ?? "db", ports[0]?.port]);
    };
    assert.deepEqual(await egress(SQL), [["db", 5432]]);
    assert.deepEqual(await egress({ dump: { url: "https://files.example.com/a.dump" } }), [
      ["db", 5432],
      ["0.0.0.0/0", 443],
    ]);
    const inside = { url: "http://10.1.2.3:9000/a.dump", egress: [{ cidr: "10.1.2.3/32", ports: [9000] }] };
    assert.deepEqual(await egress({ dump: inside }), [
      ["db", 5432],
      ["10.1.2.3/32", 9000],
    ]);
  });

  it("is of tier dev, and says where its data comes from once", () => {
    const problems = (spec: unknown): string => {
      try {
        resolveEnvironment(spec, ["other"]);
        return "";
      } catch (error) {
        assert.ok(error instanceof InvalidSpecError);
        return error.message;
      }
    };
    assert.match(
      problems(shop(SQL, { tier: "staging" })),
      /dataStores\.db\.seed: got a seed, expected none in tier staging/,
    );
    assert.match(problems(shop({})), /dataStores\.db\.seed: .*expected either sql or dump/);
    assert.match(problems(shop({ dump: {} })), /seed\.dump: .*expected either url or config/);
    assert.match(
      problems(shop({ dump: { url: "https://me:pw@x.example.com/a" } })),
      /without user, password and query/,
    );
    assert.match(
      problems(shop({ dump: { config: "dump" } })),
      /seed\.dump\.config: got "dump", expected a key of secretValues: other/,
    );
  });
});

describe("The programs of a seed's job", () => {
  let folder = "";
  let server: Server;
  let answer: Buffer | undefined;

  before((done) => {
    server = createServer((request, response) => {
      const isThere = answer !== undefined && request.url === "/shop.dump?sig=s1gnature";
      response.writeHead(isThere ? 200 : 403).end(isThere ? answer : "no");
    }).listen(0, "127.0.0.1", done);
  });
  after((done) => void server.close(done));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "terrarium-seed-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (which: "fetch" | "load", env: NodeJS.ProcessEnv) => {
    const { containers, initContainers = [] } = podOf(await recorded({ dump: { config: "dump" } }));
    const { command } = (which === "fetch" ? initContainers[0] : containers[0]) ?? assert.fail();
    const [program = "", ...args] = command;
    return new Promise<{ code: number; said: string }>((resolve) => {
      const FILE = join(folder, "data");
      const all = {
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        FILE,
        SAYS: join(folder, "says"),
        TMPDIR: folder,
        REQUIRED: "false",
        PGDATABASE: "app",
        ...env,
      };
      const child = execFile(program, args, { env: all }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(child.exitCode) : 0, said: stdout + stderr });
      });
    });
  };
  const fetched = (required = false) => {
    const { port } = server.address() as AddressInfo;
    return run("fetch", { SEED_URL: `http://127.0.0.1:${port}/shop.dump?sig=s1gnature`, REQUIRED: String(required) });
  };
  /** Programs of Postgres that write down how they were called. @param tables that the database has. */
  const programs = (tables: number, fails = false) => {
    for (const name of ["psql", "pg_restore"]) {
      const file = join(folder, name);
      const counts = `case "$*" in *count*) echo ${tables}; exit 0;; esac`;
      writeFileSync(
        file,
        `#!/bin/sh\n${counts}\necho "${name} $*" >> "${folder}/calls"\n${fails ? "echo 'ERROR: no such thing' >&2; exit 3" : ""}\n`,
      );
      chmodSync(file, 0o755);
    }
  };
  const says = () => (existsSync(join(folder, "says")) ? readFileSync(join(folder, "says"), "utf8") : "");
  const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

  it("fetch a file, gzipped or not", async () => {
    for (const body of [Buffer.from("select 1;"), gzipSync("select 1;")]) {
      answer = body;
      assert.equal((await fetched()).code, 0);
      assert.equal(readFileSync(join(folder, "data"), "utf8"), "select 1;");
    }
  });

  it("go on without a file that can't be had, unless it is required, and never tell its address", async () => {
    answer = undefined;
    const { code, said } = await fetched();
    assert.deepEqual([code, existsSync(join(folder, "data"))], [0, false]);
    assert.match(said, /not fetched from 127\.0\.0\.1:\d+: the server answers 403/);
    assert.doesNotMatch(said, /s1gnature/);
    assert.match(says(), /^empty: not fetched from 127\.0\.0\.1:\d+: the server answers 403$/);
    assert.equal((await fetched(true)).code, 1);
    const away = await run("fetch", { SEED_URL: "http://127.0.0.1:1/x?sig=s1gnature" });
    assert.deepEqual([away.code, /s1gnature/.test(away.said)], [0, false]);
  });

  it("load SQL and dumps of the custom format, in one transaction each", async () => {
    programs(0);
    writeFileSync(join(folder, "data"), "select 1;");
    assert.match((await run("load", {})).said, /loaded/);
    assert.deepEqual(readSeedMessages(["", says()]), { isLoaded: true, why: "" });
    assert.match(calls(), /^psql .*--single-transaction .*ON_ERROR_STOP=1 -f .*data$/m);
    writeFileSync(join(folder, "data"), "PGDMP...");
    await run("load", {});
    assert.match(calls(), /^pg_restore --single-transaction --exit-on-error .*--dbname app /m);
  });

  it("load nothing into a database that has tables", async () => {
    programs(3);
    writeFileSync(join(folder, "data"), "select 1;");
    const { code, said } = await run("load", { REQUIRED: "true" });
    assert.deepEqual([code, said.trim(), calls()], [0, "there are 3 tables already: nothing is loaded", ""]);
    assert.equal(readSeedMessages(["", says()]), undefined);
  });

  it("leave the database empty where loading fails, and fail themselves where it is required", async () => {
    programs(0, true);
    writeFileSync(join(folder, "data"), "select wrong;");
    const { code, said } = await run("load", {});
    assert.equal(code, 0);
    assert.match(said, /not loaded: the database is empty/);
    assert.deepEqual(readSeedMessages(["", says()]), { isLoaded: false, why: "ERROR: no such thing" });
    assert.notEqual((await run("load", { REQUIRED: "true" })).code, 0);
    rmSync(join(folder, "data"));
    assert.match((await run("load", {})).said, /there is no data/);
    assert.deepEqual(readSeedMessages(["empty: not fetched\n", says()]), { isLoaded: false, why: "not fetched" });
  });
});
