import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generatedPassword, valueOf, type Recording } from "../mocks.ts";
import { labelsOf, workloadSelector } from "./placement.ts";
import { createPostgres as create } from "./shop-postgres.ts";

function podOf(recording: Recording) {
  const { metadata, spec } = recording.one("StatefulSet", "shop-db").object.spec.template;
  const [container] = spec.containers;
  assert.ok(container);
  return { metadata, spec, container };
}

function rolesSql(recording: Recording): string {
  return recording.one("ConfigMap", "shop-db-roles").object.data["roles.sql"] ?? "";
}

const PASSWORD = generatedPassword("shop-db-password");

describe("Postgres by default", () => {
  it("is a StatefulSet of one pod on a volume, with its Services, Secret, roles and policy", async () => {
    const { recording } = await create();
    assert.deepEqual(recording.names(), [
      "ConfigMap shop-db-roles",
      "NetworkPolicy shop-db",
      "PersistentVolumeClaim shop-db-data",
      "Secret shop-db",
      "Service shop-db",
      "Service shop-db-headless",
      "StatefulSet shop-db",
    ]);
    const { spec, metadata } = recording.one("StatefulSet", "shop-db").object;
    assert.equal(spec.replicas, 1);
    assert.equal(spec.serviceName, "shop-db-headless");
    assert.deepEqual(spec.selector.matchLabels, workloadSelector("shop-db"));
    assert.deepEqual(metadata.labels, labelsOf("shop-db", "database", "0.8.6-pg17"));
    assert.deepEqual(spec.volumeClaimTemplates, [], "a claim template can't be resized, and is left behind");
    const claim = recording.one("PersistentVolumeClaim", "shop-db-data").object;
    assert.deepEqual(claim.spec, { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } });
    assert.deepEqual(podOf(recording).spec.volumes.find(({ name }) => name === "data")?.persistentVolumeClaim, {
      claimName: "shop-db-data",
    });
  });

  it("runs the pgvector image as its user 999 within 512Mi", async () => {
    const { spec, container } = podOf((await create()).recording);
    assert.equal(container.image, "pgvector/pgvector:0.8.6-pg17");
    assert.equal(spec.securityContext.runAsUser, 999);
    assert.deepEqual(container.resources.limits, { cpu: "500m", memory: "512Mi", "ephemeral-storage": "1Gi" });
    assert.deepEqual(container.ports, [{ name: "postgres", containerPort: 5432 }]);
  });

  it("can write to its data, its socket's folder and shared memory, though its root file system is read-only", async () => {
    const { spec, container } = podOf((await create()).recording);
    const writable = container.volumeMounts
      .filter(({ readOnly }) => readOnly !== true)
      .map(({ mountPath }) => mountPath);
    assert.deepEqual(writable, ["/tmp", "/var/lib/postgresql/data", "/var/run/postgresql", "/dev/shm"]);
    assert.deepEqual(spec.volumes.find(({ name }) => name === "shm")?.emptyDir, {
      medium: "Memory",
      sizeLimit: "128Mi",
    });
    const pgdata = container.env.find(({ name }) => name === "PGDATA")?.value;
    assert.equal(pgdata, "/var/lib/postgresql/data/pgdata", "initdb refuses a volume's root, which has lost+found");
  });

  it("demands scram-sha-256 and checksums its pages", async () => {
    const { container } = podOf((await create()).recording);
    assert.equal(
      container.env.find(({ name }) => name === "POSTGRES_INITDB_ARGS")?.value,
      "--auth-host=scram-sha-256 --data-checksums",
    );
  });

  it("is ready when its database answers, and may take five minutes for its first start", async () => {
    const { container } = podOf((await create()).recording);
    const command = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", "5432", "-U", "postgres"];
    for (const probe of [container.readinessProbe, container.startupProbe])
      assert.deepEqual(probe.exec.command, command);
    assert.ok(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold >= 300);
  });

  it("is not restarted while it recovers: an answer that it takes no connections yet is a sign of life", async () => {
    const { container } = podOf((await create()).recording);
    const [shell, ...args] = container.livenessProbe.exec.command;
    for (const [exitCode, expected] of [
      [0, true],
      [1, true],
      [2, false],
      [3, false],
    ] as const) {
      const stub = `pg_isready() { return ${exitCode}; }`;
      const script = args.map((arg) => (arg === "-c" ? arg : `${stub}\n${arg}`));
      assert.equal(spawnSync(String(shell), script).status === 0, expected, `exit code ${exitCode}`);
    }
  });

  it("has no backup in dev", async () => {
    const { recording } = await create();
    assert.deepEqual(
      recording.names().filter((name) => name.endsWith("-backup")),
      [],
    );
  });
});

describe("Postgres", () => {
  it("has two passwords of its own, which stand in its Secret alone", async () => {
    const { recording } = await create({}, "prod");
    assert.deepEqual(recording.one("Secret", "shop-db").object.stringData, {
      password: PASSWORD,
      "superuser-password": generatedPassword("shop-db-superuser"),
    });
    for (const name of ["shop-db-password", "shop-db-superuser"])
      assert.deepEqual(recording.holdersOf(name), ["Secret shop-db"]);
  });

  it("gets its passwords as files that only its group may read", async () => {
    const { spec, container } = podOf((await create()).recording);
    assert.deepEqual(spec.volumes.find(({ name }) => name === "secrets")?.secret, {
      secretName: "shop-db",
      defaultMode: 0o440,
    });
    assert.equal(
      container.env.find(({ name }) => name === "POSTGRES_PASSWORD_FILE")?.value,
      "/run/secrets/postgres/superuser-password",
    );
    assert.deepEqual(
      container.volumeMounts.find(({ name }) => name === "secrets"),
      { name: "secrets", mountPath: "/run/secrets/postgres", readOnly: true },
    );
    assert.deepEqual(container.envFrom, []);
  });

  it("declares roles, database and extensions for a container beside it, which may do so again and again", async () => {
    const { recording } = await create({ database: "shop", username: "owner", extensions: ["vector", "pg_trgm"] });
    assert.equal(
      rolesSql(recording),
      [
        "\\set ON_ERROR_STOP on",
        "\\set login_password `cat /run/secrets/postgres/password`",
        "\\set superuser_password `cat /run/secrets/postgres/superuser-password`",
        `SELECT 'CREATE ROLE "owner" NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner') \\gexec`,
        `SELECT 'CREATE ROLE "owner_a" LOGIN IN ROLE "owner"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner_a') \\gexec`,
        `ALTER ROLE "owner_a" PASSWORD :'login_password';`,
        `ALTER ROLE "owner_a" SET role = 'owner';`,
        "ALTER ROLE postgres PASSWORD :'superuser_password';",
        `SELECT 'ALTER ROLE "terrarium_exporter" NOLOGIN' WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'terrarium_exporter') \\gexec`,
        `SELECT 'CREATE DATABASE "shop" OWNER "owner"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \\gexec`,
        '\\connect "shop"',
        'CREATE EXTENSION IF NOT EXISTS "vector";',
        'CREATE EXTENSION IF NOT EXISTS "pg_trgm";',
        "",
      ].join("\n"),
    );
    const { spec } = podOf(recording);
    assert.deepEqual(spec.volumes.find(({ name }) => name === "roles")?.configMap, {
      name: "shop-db-roles",
      defaultMode: 0o444,
    });
    const [, beside] = spec.containers;
    assert.equal(beside?.image, spec.containers[0]?.image);
    assert.deepEqual(
      beside?.volumeMounts.map(({ mountPath }) => mountPath),
      ["/tmp", "/var/run/postgresql", "/etc/postgres-roles", "/run/secrets/postgres"],
    );
    for (const probe of [beside?.startupProbe, beside?.readinessProbe])
      assert.deepEqual(probe?.exec.command, ["test", "-s", "/tmp/applied"]);
    assert.equal(spawnSync("sh", ["-n", "-c", String(beside?.command.at(-1))]).status, 0);
  });

  it("has a role for its exporter, which sees statistics and no data, where there is an exporter", async () => {
    const { recording } = await create({}, "dev", true);
    const sql = rolesSql(recording).split("\n");
    const about = sql.filter((line) => line.includes("exporter"));
    assert.deepEqual(about, [
      "\\set exporter_password `cat /run/secrets/postgres/exporter-password`",
      `SELECT 'CREATE ROLE "terrarium_exporter"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'terrarium_exporter') \\gexec`,
      'GRANT pg_monitor TO "terrarium_exporter";',
      `ALTER ROLE "terrarium_exporter" LOGIN PASSWORD :'exporter_password';`,
    ]);
    const { stringData } = recording.one("Secret", "shop-db").object;
    assert.equal(stringData["exporter-password"], generatedPassword("shop-db-exporter"));
    assert.ok(!("exporter-password" in (await create()).recording.one("Secret", "shop-db").object.stringData));
  });

  it("needs no extension at all", async () => {
    assert.ok(!rolesSql((await create({ extensions: [] })).recording).includes("EXTENSION"));
  });

  it("gets a new password with each rotation, for the other of two roles that log in, and is not restarted", async () => {
    const pods: string[] = [];
    const users: (string | undefined)[] = [];
    for (const passwordRotation of [0, 1, 2]) {
      const { recording, connection } = await create({ username: "owner", passwordRotation });
      pods.push(JSON.stringify(podOf(recording)));
      users.push(connection.env["SHOP_DB_USER"]);
      const { object } = recording.named("shop-db-password", ":RandomPassword");
      assert.deepEqual(object["keepers"], passwordRotation === 0 ? undefined : { rotation: String(passwordRotation) });
    }
    assert.deepEqual(users, ["owner_a", "owner_b", "owner_a"]);
    assert.equal(new Set(pods).size, 1);
  });

  it("takes as many connections as it is told", async () => {
    const { container } = podOf((await create({ maxConnections: 250 })).recording);
    assert.deepEqual(container.args, ["-c", "max_connections=250", "-c", "shared_buffers=128MB"]);
  });

  it("runs the major version and the storage it is told", async () => {
    const { recording } = await create({ version: "16", storage: { size: "20Gi", storageClass: "fast" } });
    assert.equal(podOf(recording).container.image, "pgvector/pgvector:0.8.6-pg16");
    const { storageClassName, resources } = recording.one("PersistentVolumeClaim", "shop-db-data").object.spec;
    assert.deepEqual([storageClassName, resources.requests], ["fast", { storage: "20Gi" }]);
  });

  it("tells clients its address in the clear and its credentials as secrets", async () => {
    const { connection } = await create({ database: "shop", username: "owner" });
    assert.deepEqual(connection.env, {
      SHOP_DB_HOST: "shop-db",
      SHOP_DB_PORT: "5432",
      SHOP_DB_DATABASE: "shop",
      SHOP_DB_USER: "owner_a",
    });
    assert.deepEqual(Object.keys(connection.secretEnv), ["SHOP_DB_PASSWORD", "SHOP_DB_URL"]);
    const [password, url] = Object.values(connection.secretEnv);
    assert.ok(password && url);
    assert.equal(await valueOf(password), PASSWORD);
    assert.equal(await valueOf(url), `postgresql://owner_a:${PASSWORD}@shop-db:5432/shop`);
    assert.equal(connection.ready.length, 1);
  });

  it("has its data protected from a destroy in prod, and only there by itself", async () => {
    assert.equal((await create({}, "prod")).recording.one("PersistentVolumeClaim", "shop-db-data").protect, true);
    assert.equal((await create({}, "staging")).recording.one("PersistentVolumeClaim", "shop-db-data").protect, false);
    assert.equal(
      (await create({ deletion: "protect" })).recording.one("PersistentVolumeClaim", "shop-db-data").protect,
      true,
    );
  });

  it("waits for its Secret, its roles and its claim", async () => {
    const { dependsOn } = (await create()).recording.one("StatefulSet", "shop-db");
    for (const name of ["shop-db-secret", "shop-db-config", "shop-db-volume"])
      assert.ok(dependsOn.includes(name), name);
  });

  it("says its address when it is done", async () => {
    const { recording, connection } = await create();
    assert.deepEqual(recording.named("shop-db", ":Postgres").outputs, { connection: { env: connection.env } });
  });
});
