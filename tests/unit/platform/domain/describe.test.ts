import assert from "node:assert/strict";
import { resolveEnvironment } from "../../../../spec/index.ts";
import type { BaseDescription, DomainSettings, RepositorySettings } from "../../../../platform/domain/settings.ts";
import { describe as describeEnvironment, urlOf } from "../../../../platform/domain/describe.ts";
import { fingerprint, fractionOf } from "../../../../platform/domain/fingerprint.ts";
import { repositoryKey } from "../../../../platform/domain/names.ts";
import { commit, environment, REPOSITORY, settings, type EnvironmentParts } from "./situations.ts";

const BASE: BaseDescription = {
  application: "shop",
  services: {
    web: { image: "team/shop:1.0.0", source: { directory: "apps/web" }, calls: ["db"], internet: true, expose: {} },
    proxy: { image: "other/proxy:2.0.0", env: { MODE: "fast" } },
  },
  dataStores: { db: { engine: "postgres", deletion: "protect" } },
  migrations: { migrate: { dataStore: "db", image: "team/shop:1.0.0", command: ["migrate"] } },
};

function described(parts: EnvironmentParts, repository: RepositorySettings = {}, more: Partial<DomainSettings> = {}) {
  const known = { base: BASE, images: { "team/shop": "{commit}" }, ...repository };
  return describeEnvironment(environment(parts), settings({ repositories: { [REPOSITORY]: known }, ...more }));
}

function specOf(...given: Parameters<typeof described>) {
  const description = described(...given);
  assert.ok(description.ok, "message" in description ? description.message : "");
  return description.spec;
}

function problemOf(...given: Parameters<typeof described>): string {
  const description = described(...given);
  assert.ok(!description.ok);
  return `${description.reason}: ${description.message}`;
}

const source = { repository: REPOSITORY, branch: "main" };
const WITH_COMMIT = { spec: { source: { ...source, commit: commit(1) } } };

describe("The description of a preview environment", () => {
  it("runs the base at tier dev under the environment's own name, without observability", () => {
    const spec = specOf({ name: "shop-7" }, { base: { ...BASE, tier: "prod", name: "shop" } });
    assert.equal(spec.name, "preview-shop-7");
    assert.equal(spec.tier, "dev");
    assert.equal(spec.application, "shop");
    assert.deepEqual(spec.observability, { enabled: false });
    assert.equal(resolveEnvironment(spec).observability.enabled, false);
  });

  it("keeps the observability that the base asks for", () => {
    assert.deepEqual(specOf({}, { base: { ...BASE, observability: { enabled: true } } }).observability, {
      enabled: true,
    });
  });

  it("tags the images of the commit in services and migrations, and leaves others alone", () => {
    const { services, migrations } = specOf({ spec: { source: { ...source, commit: commit(5) } } });
    assert.equal(services?.["web"]?.image, `team/shop:${commit(5)}`);
    assert.equal(migrations?.["migrate"]?.image, `team/shop:${commit(5)}`);
    assert.equal(services?.["proxy"]?.image, "other/proxy:2.0.0");
  });

  it("makes a tag of a branch's name", () => {
    const { services } = specOf(
      { spec: { source: { ...source, branch: "feature/new#cart" } } },
      { images: { "team/shop": "{branch}-latest" } },
    );
    assert.equal(services?.["web"]?.image, "team/shop:feature-new-cart-latest");
  });

  it("leaves the base's tags where no image is built for commits, or one is no image at all", () => {
    assert.equal(specOf({}, { images: undefined }).services?.["web"]?.image, "team/shop:1.0.0");
    const wrong = { ...BASE, services: { web: { image: "Team/Shop:1", calls: ["db"] } } };
    assert.match(problemOf({}, { base: wrong }), /services\.web\.image: got "Team\/Shop:1"/);
  });

  it("asks for the commit where images are built for commits", () => {
    assert.match(
      problemOf({ spec: { source } }),
      /InvalidSpec: .*\n.*source\.commit: got nothing, expected the commit/s,
    );
  });

  it("completes the sources of services in mode source, and drops them in mode image", () => {
    assert.equal(specOf({}).services?.["web"]?.source, undefined);
    const built = specOf({ spec: { mode: "source", source: { ...source, branch: "fix", commit: commit(3) } } });
    assert.deepEqual(built.services?.["web"]?.source, {
      directory: "apps/web",
      repository: REPOSITORY,
      branch: "fix",
      commit: commit(3),
      seedTestCredentials: true,
    });
    assert.equal(built.services?.["web"]?.image, "team/shop:1.0.0");
  });

  it("builds a web server with a Postgres in mode source where the platform describes nothing", () => {
    const spec = specOf({ spec: { mode: "source", source } }, { base: undefined });
    const { services, dataStores, application } = resolveEnvironment(spec);
    assert.equal(application, "shop");
    assert.equal(services["web"]?.resources.limits.memory, "2Gi");
    assert.deepEqual(services["web"]?.source?.migrate, ["npm", "run", "db:migrate"]);
    assert.equal(dataStores["postgres"]?.resources.limits.memory, "512Mi");
  });

  it("refuses a mode that the platform's description has nothing for", () => {
    assert.match(problemOf({ spec: { source } }, { base: undefined }), /mode: got "image", expected "source"/);
    const images = { ...BASE, services: { web: { image: "team/shop:1", calls: ["db"] } } };
    assert.match(
      problemOf({ spec: { mode: "source", source } }, { base: images }),
      /mode: got "source", expected "image"/,
    );
  });

  it("names the application after the repository where the base doesn't", () => {
    const names: [string, string][] = [
      ["https://git.example.com/team/Shop_Front.git", "shop-front"],
      ["https://git.example.com/team/2048-game", "game"],
      ["https://git.example.com/team/404", "application"],
      [`https://git.example.com/team/${"a".repeat(39)}-b`, "a".repeat(39)],
    ];
    for (const [address, name] of names) {
      const repositories = { [repositoryKey(address)]: { base: { ...BASE, application: undefined } } };
      assert.equal(
        specOf({ spec: { source: { ...source, repository: address } } }, {}, { repositories }).application,
        name,
      );
    }
  });

  it("lays the environment's differences over the base", () => {
    const { services } = specOf({
      spec: {
        source: { ...source, commit: commit(1) },
        overrides: { services: { proxy: { replicas: 2, env: { LEVEL: "3" } }, web: { image: "team/shop:hotfix" } } },
      },
    });
    assert.deepEqual(services?.["proxy"], {
      image: "other/proxy:2.0.0",
      env: { MODE: "fast", LEVEL: "3" },
      replicas: 2,
    });
    assert.equal(services?.["web"]?.image, "team/shop:hotfix");
  });

  it("refuses differences of services that aren't there, and names those that are", () => {
    const spec = { source: { ...source, commit: commit(1) }, overrides: { services: { wep: { replicas: 1 } } } };
    assert.match(problemOf({ spec }), /overrides\.services\.wep: no such key; allowed here: web, proxy/);
  });

  it("seeds test users unless told otherwise", () => {
    const at = { ...source, commit: commit(1) };
    assert.equal(specOf({ spec: { source: at } }).migrations?.["migrate"]?.seedTestCredentials, true);
    const seedless = specOf({ spec: { source: at, seed: { testCredentials: false } } });
    assert.equal(seedless.migrations?.["migrate"]?.seedTestCredentials, false);
    const fromSource = (testCredentials: boolean) =>
      specOf({ spec: { mode: "source", source: at, seed: { testCredentials } } }).services?.["web"]?.source;
    assert.deepEqual(
      [true, false].map((seed) => fromSource(seed)?.seedTestCredentials),
      [true, false],
    );
  });

  describe("with secrets from the platform's configuration", () => {
    const secrets = { TOKEN: { config: "token" }, KEY: { config: "key" }, OWN: { generate: {} } };
    const base = { ...BASE, services: { ...BASE.services, proxy: { image: "other/proxy:2.0.0", secrets } } };

    it("names the files of those that it uses, and no value", () => {
      const files = { token: "/secrets/token", key: "/secrets/key", unused: "/secrets/unused" };
      const description = described(WITH_COMMIT, { base, secretFiles: files });
      assert.ok(description.ok);
      assert.deepEqual(description.secretFiles, { token: "/secrets/token", key: "/secrets/key" });
      assert.deepEqual(description.spec.services?.["proxy"]?.secrets, secrets);
    });

    it("is refused where the configuration has no such file, and says which", () => {
      assert.match(
        problemOf(WITH_COMMIT, { base, secretFiles: { key: "/secrets/key" } }),
        /^InvalidSpec: .* has 1 problem; .*\n {2}services\.proxy\.secrets\.TOKEN\.config: got "token", expected a key of .* secretFiles .*\(key\): add the file/,
      );
      assert.match(problemOf(WITH_COMMIT, { base }), /TOKEN.*\(none is named\).*\n.*KEY/);
    });

    it("names none where it uses none", () => {
      const description = described(WITH_COMMIT, { secretFiles: { key: "/secrets/key" } });
      assert.ok(description.ok && !("secretFiles" in description));
    });
  });

  it("protects no data: it is all made for the environment", () => {
    assert.equal(specOf({}).dataStores?.["db"]?.deletion, "delete");
  });

  it("takes the quota of the environment, of the base, of the platform, in this order", () => {
    const quota = (pods: number) => ({ pods });
    const at = { ...source, commit: commit(1) };
    const base = { ...BASE, quota: quota(2) };
    const platform = { quota: quota(3) };
    assert.deepEqual(specOf({ spec: { source: at, quota: quota(1) } }, { base }, platform).quota, quota(1));
    assert.deepEqual(specOf({ spec: { source: at } }, { base }, platform).quota, quota(2));
    assert.deepEqual(specOf({ spec: { source: at } }, {}, platform).quota, quota(3));
    assert.equal(specOf({ spec: { source: at } }).quota, undefined);
  });

  it("gives exposed services the host of the environment's address", () => {
    const url = "https://{name}.preview.example.com";
    const { services } = specOf({ name: "shop-7" }, {}, { url });
    assert.deepEqual(services?.["web"]?.expose, { hostnames: ["shop-7.preview.example.com"] });
    assert.equal(services?.["proxy"]?.expose, undefined);
    assert.equal(urlOf("shop-7", { url }), "https://shop-7.preview.example.com");
    assert.equal(urlOf("shop-7", {}), undefined);
    assert.equal(urlOf("shop-7", { url: "https://{host}.example.com" }), "https://{host}.example.com");
  });

  it("runs nothing in a repository whose base has no services, data stores or migrations", () => {
    const spec = specOf({}, { base: { application: "empty" } }, { url: "https://{name}.example.com" });
    assert.deepEqual([spec.services, spec.dataStores, spec.migrations], [{}, {}, {}]);
  });

  it("tells of a repository that the platform doesn't know", () => {
    const other = { source: { ...source, repository: "https://git.example.com/team/other" } };
    assert.match(problemOf({ spec: other }), /^UnknownRepository: .*team\/other\. Ask those who run the platform/);
  });

  it("lists what is wrong with the object itself", () => {
    const wrong = { source: { ...source, commit: "HEAD" }, ttl: "soon" };
    const problem = problemOf({ spec: wrong });
    assert.match(problem, /InvalidSpec: .* 2 problems/);
    assert.match(problem, /source\.commit: got "HEAD", expected a full commit id/);
    assert.match(problem, /ttl: got "soon", expected a time span/);
  });

  it("lets errors through that aren't the object's", () => {
    assert.throws(() => described({}, {}, { url: "no address" }), /Invalid URL/);
  });
});

describe("A description's fingerprint", () => {
  it("depends on values, not on the order of keys or on keys without a value", () => {
    assert.equal(
      fingerprint({ a: 1, b: [{ c: 2, d: null }] }),
      fingerprint({ b: [{ d: null, c: 2 }], a: 1, e: undefined }),
    );
    assert.notEqual(fingerprint({ a: [1, 2] }), fingerprint({ a: [2, 1] }));
    assert.notEqual(fingerprint({ a: 1 }), fingerprint({ a: "1" }));
    assert.match(fingerprint({}), /^[0-9a-f]{16}$/);
  });

  it("changes with what runs, and with nothing else", () => {
    const of = (parts: EnvironmentParts): string => {
      const description = described(parts);
      return description.ok ? description.fingerprint : description.message;
    };
    const at = (n: number) => ({ source: { ...source, commit: commit(n) } });
    assert.notEqual(of({ spec: at(1) }), of({ spec: at(2) }));
    assert.equal(of({ spec: at(1) }), of({ spec: { ...at(1), ttl: "3d", owner: "ann", drift: "repair" } }));
  });
});

describe("A name's fraction", () => {
  it("spreads names evenly", () => {
    const all = Array.from({ length: 1000 }, (_, index) => fractionOf(`shop-${index}`));
    for (const tenth of Array.from({ length: 10 }, (_, index) => index / 10)) {
      const count = all.filter((value) => value >= tenth && value < tenth + 0.1).length;
      assert.ok(count > 60 && count < 140, `${count} of 1000 from ${tenth}`);
    }
  });
});

describe("The key of a repository", () => {
  const same = [
    "https://git.example.com/team/shop",
    "https://GIT.example.com/team/shop.git",
    "HTTPS://git.example.com/team/shop/",
  ];
  for (const address of same) {
    it(`is the same for ${address}`, () => {
      assert.equal(repositoryKey(address), REPOSITORY);
    });
  }

  it("differs where the path's letters do", () => {
    assert.notEqual(repositoryKey("https://git.example.com/team/Shop"), REPOSITORY);
  });
});
