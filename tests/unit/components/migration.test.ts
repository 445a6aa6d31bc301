import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Migration } from "../../../components/index.ts";
import { resolveEnvironment, type ResolvedMigration } from "../../../spec/index.ts";
import { generatedPassword, record, valueOf } from "../mocks.ts";
import { CLOSED, labelsOf, PLACEMENT, policySelector } from "./placement.ts";

function resolvedMigration(migration: object): ResolvedMigration {
  const given = { dataStore: "db", image: "shop/api:1.0.0", command: ["node", "migrate.js"], ...migration };
  const environment = {
    name: "shop-dev",
    tier: "dev",
    application: "shop",
    dataStores: { db: { engine: "postgres" } },
    migrations: { migrate: given },
  };
  const resolved = resolveEnvironment(environment).migrations["migrate"];
  assert.ok(resolved);
  return resolved;
}

async function create(migration: object = {}) {
  const { result, recording } = await record(() => {
    const connection = {
      env: { DB_HOST: "db" },
      secretEnv: { DB_PASSWORD: pulumi.secret("s3cret"), DB_URL: pulumi.secret("postgresql://db") },
      ready: [new random.RandomPassword("db", { length: 16 })],
    };
    return new Migration("migrate", {
      placement: PLACEMENT,
      migration: resolvedMigration(migration),
      connection,
      policy: { ...CLOSED, podSelector: { matchLabels: policySelector("migrate") } },
    });
  });
  const job = recording.one("Job", "migrate");
  const [container] = job.object.spec.template.spec.containers;
  assert.ok(container);
  return { migration: result, recording, job, container };
}

describe("A migration", () => {
  it("by default is a Job with its Secret and NetworkPolicy", async () => {
    const { recording, job } = await create();
    assert.deepEqual(recording.names(), ["Job migrate", "NetworkPolicy migrate", "Secret migrate"]);
    assert.deepEqual(job.object.metadata.labels, labelsOf("migrate", "migration", "1.0.0"));
    assert.deepEqual([job.object.spec.backoffLimit, job.object.spec.activeDeadlineSeconds], [3, 600]);
    assert.equal(job.object.spec.template.spec.restartPolicy, "Never");
    assert.ok(!("selector" in job.object.spec), "a Job picks its own");
  });

  it("runs its command with the store's address in the clear and its credentials from the Secret", async () => {
    const { recording, container } = await create({ env: { MODE: "fast" } });
    assert.deepEqual(container.command, ["node", "migrate.js"]);
    assert.deepEqual(container.env, [
      { name: "DB_HOST", value: "db" },
      { name: "MODE", value: "fast" },
    ]);
    assert.deepEqual(container.envFrom, [{ secretRef: { name: "migrate" } }]);
    assert.deepEqual(recording.one("Secret", "migrate").object.stringData, {
      DB_PASSWORD: "s3cret",
      DB_URL: "postgresql://db",
      DATABASE_URL: "postgresql://db",
    });
  });

  it("waits for its store, its Secret and its policy", async () => {
    const { job } = await create();
    assert.deepEqual(job.dependsOn, ["db", "migrate-network-policy", "migrate-secret"]);
  });

  it("is waited for a minute longer than it may run", async () => {
    const { job } = await create({ timeoutSeconds: 120, retries: 1 });
    assert.deepEqual(
      [job.object.spec.activeDeadlineSeconds, job.object.spec.backoffLimit, job.createTimeout],
      [120, 1, "180s"],
    );
  });

  it("seeds no test user unless asked", async () => {
    const { migration, recording, container } = await create();
    assert.equal(migration.testUserPassword, undefined);
    assert.ok(!container.env.some(({ name }) => name === "SEED_TEST_CREDENTIALS"));
    assert.deepEqual(recording.generated(), ["db"]);
  });

  it("that seeds a test user gives it a generated password, which it also tells", async () => {
    const { migration, recording, container } = await create({ seedTestCredentials: true });
    const generated = generatedPassword("migrate-test-user", 24);
    assert.ok(migration.testUserPassword);
    assert.equal(await valueOf(migration.testUserPassword), generated);
    assert.equal(await pulumi.isSecret(migration.testUserPassword), true);
    assert.deepEqual(container.env, [
      { name: "DB_HOST", value: "db" },
      { name: "SEED_TEST_CREDENTIALS", value: "true" },
    ]);
    assert.equal(recording.one("Secret", "migrate").object.stringData["TEST_USER_PASSWORD"], generated);
  });

  it("runs as the user and with the resources it is told", async () => {
    const { job, container } = await create({ user: 1000, resources: { limits: { memory: "1Gi" } } });
    assert.equal(job.object.spec.template.spec.securityContext.runAsUser, 1000);
    assert.equal(container.resources.limits["memory"], "1Gi");
  });
});
