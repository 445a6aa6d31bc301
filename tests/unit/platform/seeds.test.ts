import assert from "node:assert/strict";
import { readConfigFile, PlatformConfigError } from "../../../platform/config-file.ts";
import { describe as describeEnvironment } from "../../../platform/domain/describe.ts";
import { toInstallation } from "../../../platform/install/installation.ts";
import { useScratchFolder } from "../clusters/scratch-folder.ts";
import { environment } from "./domain/situations.ts";

const BASE = `{ services: { web: { image: "shop:1", calls: [db] } }, dataStores: { db: { engine: postgres }, other: { engine: postgres } } }`;

describe("The seeds of a repository", () => {
  const scratch = useScratchFolder();
  const configuration = (repository: string) =>
    readConfigFile(
      scratch().file(
        "platform.yaml",
        `repositories: { "https://git.example.com/team/shop": { base: ${BASE}, ${repository} } }`,
      ),
    );
  const described = async (repository: string, data?: string) => {
    const { domain } = await configuration(repository);
    return describeEnvironment(environment({ spec: data === undefined ? {} : { seed: { data } } }), domain);
  };
  const seeds =
    "seeds: { demo: { dataStore: db, file: demo.sql }, live: { dataStore: db, dump: { config: dump }, required: true } }";
  const files = () => {
    scratch().file("demo.sql", "create table demo ();");
    scratch().file("dump-address", "https://bucket.example.com/a?sig=s1gnature");
  };

  it("are loaded into their store where the environment or the repository chooses one, and nowhere else", async () => {
    files();
    const all = `${seeds}, secretFiles: { dump: dump-address }`;
    const seedsOf = async (repository: string, data?: string) => {
      const found = await described(repository, data);
      assert.ok(found.ok, JSON.stringify(found));
      const { db, other } = found.spec.dataStores as Record<string, { seed?: object }>;
      assert.equal(other?.seed, undefined);
      return { seed: db?.seed, files: Object.keys(found.secretFiles ?? {}) };
    };
    const demo = { sql: "create table demo ();", required: false };
    assert.deepEqual(await seedsOf(all), { seed: undefined, files: [] });
    assert.deepEqual(await seedsOf(all, "demo"), { seed: demo, files: [] });
    assert.deepEqual(await seedsOf(`${all}, seed: demo`), { seed: demo, files: [] });
    assert.deepEqual(await seedsOf(`${all}, seed: demo`, "none"), { seed: undefined, files: [] });
    const dump = { dump: { config: "dump", egress: [] }, required: true };
    assert.deepEqual(await seedsOf(all, "live"), { seed: dump, files: ["dump"] });
  });

  it("are refused by name where there is none of it, and where a dump's address is in no file", async () => {
    files();
    const unknown = await described(seeds, "prod");
    assert.ok(!unknown.ok);
    assert.match(unknown.message, /seed\.data: got "prod", expected a seed of the repository: demo, live, none/);
    const without = await described(seeds, "live");
    assert.ok(!without.ok);
    assert.match(
      without.message,
      /dataStores\.db\.seed\.dump\.config: got "dump", expected a key of the repository's secretFiles/,
    );
  });

  it("are refused with the configuration where a file is missing, or more than one thing is said", async () => {
    const problem = (repository: string) =>
      configuration(repository).then(
        () => "",
        (error: unknown) => (error instanceof PlatformConfigError ? error.message : Promise.reject(error as Error)),
      );
    assert.match(
      await problem("seeds: { demo: { file: nowhere.sql } }"),
      /seeds\.demo\.file: expected a readable SQL file/,
    );
    assert.match(await problem("seeds: { demo: {} }"), /seeds\.demo: .*expected one of file, sql and dump/);
  });

  it("may be a snapshot of a volume, with something to load where it is missing", async () => {
    files();
    const storeOf = async (seed: string) => {
      const found = await described(`seeds: { golden: { dataStore: db, ${seed} } }`, "golden");
      assert.ok(found.ok, JSON.stringify(found));
      const { seed: loaded, snapshot } =
        (found.spec.dataStores as Record<string, { seed?: object; snapshot?: object }>)["db"] ?? {};
      return { loaded, snapshot };
    };
    const snapshot = { namespace: "golden", name: "shop" };
    const written = "snapshot: { namespace: golden, name: shop }, required: true";
    assert.deepEqual(await storeOf(written), { loaded: undefined, snapshot: { ...snapshot, required: true } });
    assert.deepEqual(await storeOf(`${written}, file: demo.sql`), {
      loaded: { sql: "create table demo ();", required: true },
      snapshot: { ...snapshot, required: false },
    });
  });

  it("go along with an installation: their SQL in the configuration, addresses of dumps in the Secret", async () => {
    files();
    const installation = toInstallation(
      await configuration(`${seeds}, secretFiles: { dump: dump-address }`),
      "image:1",
    );
    const [repository] = Object.values(installation.config.repositories);
    assert.equal(repository?.seeds["demo"]?.sql, "create table demo ();");
    assert.doesNotMatch(JSON.stringify(installation.config), /s1gnature|demo\.sql/);
    assert.ok(Object.values(installation.files).some((text) => text.includes("s1gnature")));
  });
});
