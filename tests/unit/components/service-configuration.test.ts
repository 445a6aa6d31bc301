import assert from "node:assert/strict";
import * as random from "@pulumi/random";
import { Service, type ServiceArgs } from "../../../components/index.ts";
import { resolvedService } from "../spec/environments.ts";
import { generatedPassword, pathsOf } from "../mocks.ts";
import { connection, create, podOf } from "./created-service.ts";
import { CLOSED, PLACEMENT, recorded } from "./placement.ts";

describe("A service", () => {
  it("gets its own variables, in the ConfigMap", async () => {
    const data = (await create({ env: { REGION: "eu" }, logLevel: "warn" })).one("ConfigMap", "api").object.data;
    assert.deepEqual(data, { LOG_LEVEL: "warn", PORT: "8080", REGION: "eu" });
  });

  it("gets the addresses of the services it calls", async () => {
    const data = (await create({}, { peers: { "shop-auth": 9000 } })).one("ConfigMap", "api").object.data;
    assert.equal(data["SHOP_AUTH_URL"], "http://shop-auth:9000");
  });

  it("gets a data store's address in the ConfigMap and its credentials in the Secret", async () => {
    const recording = await create({}, { connections: { db: connection() }, database: "db" });
    assert.deepEqual(recording.one("ConfigMap", "api").object.data, {
      LOG_LEVEL: "debug",
      PORT: "8080",
      DB_HOST: "db",
      DB_PORT: "5432",
    });
    assert.deepEqual(recording.one("Secret", "api").object.stringData, {
      DB_PASSWORD: "s3cret",
      DB_URL: "postgresql://app:s3cret@db:5432/app",
      DATABASE_URL: "postgresql://app:s3cret@db:5432/app",
    });
    const { container } = podOf(recording.one("Deployment", "api"));
    assert.deepEqual(container.envFrom, [{ configMapRef: { name: "api" } }, { secretRef: { name: "api" } }]);
    assert.deepEqual(
      recording
        .objects()
        .filter(({ object }) => pathsOf(object, "s3cret").length > 0)
        .map(({ name }) => name),
      ["api-secret"],
    );
  });

  it("gets no DATABASE_URL where it isn't said which database is meant", async () => {
    const { stringData } = (await create({}, { connections: { db: connection() } })).one("Secret", "api").object;
    assert.deepEqual(Object.keys(stringData).sort(), ["DB_PASSWORD", "DB_URL"]);
  });

  it("gets generated secrets of the wanted length, each its own", async () => {
    const recording = await create({ secrets: { TOKEN: { generate: { length: 64 } }, token: { generate: {} } } });
    assert.deepEqual(recording.one("Secret", "api").object.stringData, {
      TOKEN: generatedPassword("api-TOKEN", 64),
      token: generatedPassword("api-token"),
    });
    assert.deepEqual(recording.generated(), ["api-TOKEN", "api-token"]);
  });

  it("gets secrets from the stack's configuration, which are kept secret even when they come in the clear", async () => {
    const recording = await create(
      { secrets: { TOKEN: { config: "token" } } },
      { secretValues: { token: "from-config" } },
    );
    const secret = recording.one("Secret", "api");
    assert.deepEqual(secret.object.stringData, { TOKEN: "from-config" });
    assert.deepEqual(secret.secretPaths, ["stringData"]);
  });

  it("is refused where the stack's configuration lacks one of its secrets", async () => {
    await assert.rejects(create({ secrets: { TOKEN: { config: "token" } } }), {
      name: "Error",
      message: 'services.api.secrets.TOKEN: secretValues has no key "token"',
    });
  });

  it("waits for its configuration, its data stores and the services it starts after", async () => {
    const recording = await recorded(() => {
      const store = new random.RandomPassword("db", { length: 16 });
      const other = new random.RandomPassword("other", { length: 16 });
      new Service("api", {
        placement: PLACEMENT,
        service: resolvedService({ secrets: { TOKEN: { config: "token" } } }),
        policy: CLOSED,
        checksumKey: "key",
        secretValues: { token: "x" },
        connections: { db: connection([store]) },
        startAfter: [other],
      });
    });
    const { dependsOn } = recording.one("Deployment", "api");
    assert.deepEqual(dependsOn, ["api-config", "api-secret", "db", "other"]);
  });
});

describe("A service's checksums", () => {
  const checksums = async (service: object, args: Partial<ServiceArgs> = {}) => {
    const { annotations } = podOf((await create(service, args)).one("Deployment", "api"));
    return { config: annotations["checksum/config"], secret: annotations["checksum/secret"] };
  };
  const secret = { secrets: { TOKEN: { config: "token" } } };
  const withToken = (token: string, checksumKey = "key") => checksums(secret, { secretValues: { token }, checksumKey });

  it("change with the configuration and the secrets, each alone", async () => {
    const before = await withToken("a");
    const otherConfig = await checksums({ ...secret, env: { A: "b" } }, { secretValues: { token: "a" } });
    const otherSecret = await withToken("b");
    assert.notEqual(otherConfig.config, before.config);
    assert.equal(otherConfig.secret, before.secret);
    assert.equal(otherSecret.config, before.config);
    assert.notEqual(otherSecret.secret, before.secret);
  });

  it("stay as they are when nothing changes", async () => {
    assert.deepEqual(await withToken("a"), await withToken("a"));
  });

  it("of secrets are keyed, so that short secrets can't be tried out against them", async () => {
    assert.notEqual((await withToken("a", "key")).secret, (await withToken("a", "another")).secret);
    assert.match(String((await withToken("a")).secret), /^[0-9a-f]{64}$/);
  });

  it("of secrets are there only where there are secrets", async () => {
    assert.equal((await checksums({})).secret, undefined);
  });
});
