import assert from "node:assert/strict";
import { InvalidSpecError } from "../../../spec/index.ts";
import { environment, IMAGE, refusal, withService } from "./environments.ts";
import { IMAGE_EXAMPLE, MIGRATION, NAME, SERVICE_KEYS } from "./refusals/wording.ts";

describe("Several problems at once", () => {
  const wrong = {
    name: "Shop",
    tier: "prod",
    application: "shop",
    services: {
      api: { image: "shop/api", calls: ["db", "web", "mail"], replicas: 1 },
      web: { image: IMAGE, ports: { http: 0 }, calls: ["nobody"], colour: "red" },
      db: { image: IMAGE },
    },
    dataStores: { db: { engine: "postgres", version: "9" } },
    migrations: { migrate: { ...MIGRATION, retries: 99 }, seed: { ...MIGRATION, seedTestCredentials: true } },
    quota: { pods: 0 },
  };
  const expected = [
    `name: got "Shop", expected ${NAME}`,
    "services.web.ports.http: got 0, expected a whole number from 1 to 65535",
    `services.web.colour: no such key; allowed here: ${SERVICE_KEYS}`,
    'dataStores.db.version: got "9", expected "16" or "17"',
    "migrations.migrate.retries: got 99, expected a whole number from 0 to 10",
    "quota.pods: got 0, expected a whole number of at least 1",
    'dataStores.db: got "db", expected a name of its own: services.db has it already',
    'services.api.calls[2]: got "mail", expected one of: web, db',
    "services.api.replicas: got 1, expected at least 3 in tier prod",
    "migrations.seed.seedTestCredentials: got true, expected false in tier prod: test credentials belong in dev and previews only",
    'services.api.image: got "shop/api", expected an image pinned by a tag other than latest, or by digest, in tier prod',
  ];

  it("are all reported, what is wrong in itself before what contradicts something else", () => {
    assert.deepEqual(refusal(wrong), expected);
  });

  it("are reported in the same order each time", () => {
    assert.deepEqual(refusal(structuredClone(wrong)), refusal(wrong));
  });

  it("don't hide behind an unknown key at the top", () => {
    assert.deepEqual(refusal(withService({ calls: ["mail"] }, { colour: "red" })), [
      "colour: no such key; allowed here: name, tier, application, services, dataStores, migrations, network, observability, quota, asleep",
      'services.api.calls[0]: got "mail", expected another service or a data store: none is declared',
    ]);
  });

  it("of a wrong entry don't make references to it look wrong", () => {
    const services = { api: { image: IMAGE, calls: ["web", "cache"], startAfter: ["web"] }, web: { image: 5 } };
    assert.deepEqual(refusal(environment({ services, dataStores: { cache: { engine: "redis", version: "1" } } })), [
      `services.web.image: got 5, expected ${IMAGE_EXAMPLE}`,
      'dataStores.cache.version: got "1", expected "7"',
    ]);
  });

  it("are all in the error's list, in the order of its lines", () => {
    const error = new InvalidSpecError([
      { path: "tier", got: '"x"', expected: '"dev"' },
      { path: "foo", expected: "bar", unknownKey: true },
    ]);
    assert.equal(
      error.message,
      'The environment\'s configuration has 2 problems; nothing was changed.\n  tier: got "x", expected "dev"\n  foo: no such key; allowed here: bar',
    );
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ["tier", "foo"],
    );
  });
});
