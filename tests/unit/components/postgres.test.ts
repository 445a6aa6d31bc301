import assert from "node:assert/strict";
import { Postgres } from "../../../components/index.ts";
import { resolveEnvironment, type ResolvedPostgres, type Tier } from "../../../spec/index.ts";
import { generatedPassword, pathsOf, record, valueOf, type Recording } from "../mocks.ts";
import { CLOSED, labelsOf, PLACEMENT, workloadSelector } from "./placement.ts";

function resolvedPostgres(store: object = {}, tier: Tier = "dev"): ResolvedPostgres {
  const environment = {
    name: "shop-dev",
    tier,
    application: "shop",
    dataStores: { "shop-db": { engine: "postgres", ...store } },
  };
  const resolved = resolveEnvironment(environment).dataStores["shop-db"];
  assert.ok(resolved?.engine === "postgres");
  return resolved;
}

async function create(store: object = {}, tier: Tier = "dev") {
  const { result, recording } = await record(
    () =>
      new Postgres("shop-db", {
        placement: PLACEMENT,
        store: resolvedPostgres(store, tier),
        policy: CLOSED,
        backupPolicy: CLOSED,
        checksumKey: "key",
      }),
  );
  return { connection: result.connection, recording };
}

function podOf(recording: Recording) {
  const { metadata, spec } = recording.one("StatefulSet", "shop-db").object.spec.template;
  const [container] = spec.containers;
  assert.ok(container);
  return { metadata, spec, container };
}

function initScript(recording: Recording): string {
  return recording.one("ConfigMap", "shop-db-init").object.data["10-application.sh"] ?? "";
}

const PASSWORD = generatedPassword("shop-db-password");

describe("Postgres by default", () => {
  it("is a StatefulSet of one pod on a volume, with its Services, Secret, init script and policy", async () => {
    const { recording } = await create();
    assert.deepEqual(recording.names(), [
      "ConfigMap shop-db-init",
      "NetworkPolicy shop-db",
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
    assert.deepEqual(
      spec.volumeClaimTemplates.map((claim) => [claim.metadata.name, claim.spec.resources.requests]),
      [["data", { storage: "1Gi" }]],
    );
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
    const { container } = podOf((await create({ database: "shop", username: "owner" })).recording);
    const command = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", "5432", "-U", "owner", "-d", "shop"];
    for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
      assert.deepEqual(probe.exec.command, command);
    assert.ok(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold >= 300);
  });

  it("has no backup in dev", async () => {
    const { recording } = await create();
    assert.deepEqual([recording.all("CronJob"), recording.all("PersistentVolumeClaim")], [[], []]);
  });
});

describe("Postgres", () => {
  it("has two passwords of its own, which stand in its Secret alone", async () => {
    const { recording } = await create({}, "prod");
    assert.deepEqual(recording.one("Secret", "shop-db").object.stringData, {
      password: PASSWORD,
      "superuser-password": generatedPassword("shop-db-superuser"),
    });
    const holders = recording.objects().filter(({ object }) => pathsOf(object, "generated-for-").length > 0);
    assert.deepEqual(
      holders.map(({ name }) => name),
      ["shop-db-secret"],
    );
    for (const name of ["shop-db-password", "shop-db-superuser"]) {
      assert.deepEqual(recording.named(name).object, { length: 32, special: false });
    }
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

  it("creates role, database and extensions in a script that the image runs once", async () => {
    const { recording } = await create({ database: "shop", username: "owner", extensions: ["vector", "pg_trgm"] });
    assert.equal(
      initScript(recording),
      [
        "#!/bin/sh",
        "set -eu",
        "psql --no-psqlrc -v ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'",
        "\\set password `cat /run/secrets/postgres/password`",
        "CREATE ROLE \"owner\" LOGIN PASSWORD :'password';",
        'CREATE DATABASE "shop" OWNER "owner";',
        "SQL",
        "psql --no-psqlrc -v ON_ERROR_STOP=1 --username postgres --dbname \"shop\" <<'SQL'",
        'CREATE EXTENSION IF NOT EXISTS "vector";',
        'CREATE EXTENSION IF NOT EXISTS "pg_trgm";',
        "SQL",
        "",
      ].join("\n"),
    );
    const { spec, container } = podOf(recording);
    assert.deepEqual(spec.volumes.find(({ name }) => name === "init")?.configMap, {
      name: "shop-db-init",
      defaultMode: 0o555,
    });
    assert.equal(container.volumeMounts.find(({ name }) => name === "init")?.mountPath, "/docker-entrypoint-initdb.d");
  });

  it("needs no extension at all", async () => {
    assert.ok(!initScript((await create({ extensions: [] })).recording).includes("EXTENSION"));
  });

  it("takes as many connections as it is told", async () => {
    const { container } = podOf((await create({ maxConnections: 250 })).recording);
    assert.deepEqual(container.args, ["-c", "max_connections=250", "-c", "shared_buffers=128MB"]);
  });

  it("runs the major version and the storage it is told", async () => {
    const { recording } = await create({ version: "16", storage: { size: "20Gi", storageClass: "fast" } });
    assert.equal(podOf(recording).container.image, "pgvector/pgvector:0.8.6-pg16");
    const [claim] = recording.one("StatefulSet", "shop-db").object.spec.volumeClaimTemplates;
    assert.deepEqual([claim?.spec.storageClassName, claim?.spec.resources.requests], ["fast", { storage: "20Gi" }]);
  });

  it("tells clients its address in the clear and its credentials as secrets", async () => {
    const { connection } = await create({ database: "shop", username: "owner" });
    assert.deepEqual(connection.env, {
      SHOP_DB_HOST: "shop-db",
      SHOP_DB_PORT: "5432",
      SHOP_DB_DATABASE: "shop",
      SHOP_DB_USER: "owner",
    });
    assert.deepEqual(Object.keys(connection.secretEnv), ["SHOP_DB_PASSWORD", "SHOP_DB_URL"]);
    const [password, url] = Object.values(connection.secretEnv);
    assert.ok(password && url);
    assert.equal(await valueOf(password), PASSWORD);
    assert.equal(await valueOf(url), `postgresql://owner:${PASSWORD}@shop-db:5432/shop`);
    assert.equal(connection.ready.length, 1);
  });

  it("is protected from a destroy in prod, and only there by itself", async () => {
    assert.equal((await create({}, "prod")).recording.one("StatefulSet", "shop-db").protect, true);
    assert.equal((await create({}, "staging")).recording.one("StatefulSet", "shop-db").protect, false);
    assert.equal((await create({ deletion: "protect" })).recording.one("StatefulSet", "shop-db").protect, true);
  });

  it("waits for its Secret and its script", async () => {
    const { dependsOn } = (await create()).recording.one("StatefulSet", "shop-db");
    for (const name of ["shop-db-secret", "shop-db-config"]) assert.ok(dependsOn.includes(name), name);
  });

  it("is restarted when its Secret changes, by a checksum that isn't secret", async () => {
    const { metadata } = podOf((await create()).recording);
    assert.match(metadata.annotations["checksum/secret"] ?? "", /^[0-9a-f]{64}$/);
  });

  it("says its address when it is done", async () => {
    const { recording, connection } = await create();
    assert.deepEqual(recording.named("shop-db", ":Postgres").outputs, { connection: { env: connection.env } });
  });
});

describe("A backup of Postgres", () => {
  it("dumps every night to a volume of its own and keeps fourteen in prod", async () => {
    const { recording } = await create({}, "prod");
    const { spec } = recording.one("CronJob", "shop-db-backup").object;
    assert.deepEqual([spec.schedule, spec.timeZone, spec.concurrencyPolicy], ["30 2 * * *", "Etc/UTC", "Forbid"]);
    assert.deepEqual(recording.one("PersistentVolumeClaim", "shop-db-backup").object.spec, {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "50Gi" } },
    });
    assert.match(backupScript(recording), /tail -n \+15 /);
  });

  it("runs the store's own image as the application's role, with the password from the Secret", async () => {
    const { recording } = await create({ backup: {}, username: "owner", database: "shop" });
    const { container, spec } = backupPod(recording);
    assert.equal(container.image, podOf(recording).container.image);
    assert.deepEqual(container.env, [
      { name: "PGHOST", value: "shop-db" },
      { name: "PGPORT", value: "5432" },
      { name: "PGUSER", value: "owner" },
      { name: "PGDATABASE", value: "shop" },
      { name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: "shop-db", key: "password" } } },
    ]);
    assert.equal(spec.securityContext.runAsUser, 999);
    assert.deepEqual(
      container.volumeMounts.map(({ mountPath }) => mountPath),
      ["/tmp", "/backups"],
    );
  });

  it("takes a dump for one only when it is complete and can be read, and then drops the oldest", async () => {
    const script = backupScript((await create({ backup: { keep: 2 } })).recording);
    const order = [
      "pg_dump ",
      '--file="$file.partial"',
      "pg_restore --list",
      'mv "$file.partial" "$file"',
      "tail -n +3 ",
      "rm -f ",
    ];
    let position = 0;
    for (const step of order) {
      position = script.indexOf(step, position);
      assert.ok(position >= 0, step);
    }
    assert.deepEqual(backupPod((await create({ backup: {} })).recording).container.command.slice(0, 3), [
      "sh",
      "-eu",
      "-c",
    ]);
  });

  it("follows the schedule, number and size it is told", async () => {
    const { recording } = await create({
      backup: { schedule: "0 */6 * * *", keep: 5, storage: "7Gi" },
      storage: { storageClass: "slow" },
    });
    assert.equal(recording.one("CronJob", "shop-db-backup").object.spec.schedule, "0 */6 * * *");
    assert.match(backupScript(recording), /tail -n \+6 /);
    const { storageClassName, resources } = recording.one("PersistentVolumeClaim", "shop-db-backup").object.spec;
    assert.deepEqual([storageClassName, resources.requests], ["slow", { storage: "7Gi" }]);
  });

  it("waits for the store, keeps its volume where the store is protected, and has labels of its own", async () => {
    const { recording } = await create({}, "prod");
    const cronJob = recording.one("CronJob", "shop-db-backup");
    assert.ok(cronJob.dependsOn.includes("shop-db-statefulset") && cronJob.dependsOn.includes("shop-db-backup-volume"));
    assert.equal(recording.one("PersistentVolumeClaim", "shop-db-backup").protect, true);
    assert.deepEqual(cronJob.object.metadata.labels, labelsOf("shop-db-backup", "backup", "0.8.6-pg17"));
    assert.equal(recording.one("NetworkPolicy", "shop-db-backup").object.metadata.namespace, "shop-dev");
  });

  it("doesn't wait for its volume to be bound: some are only when the first dump runs", async () => {
    const { annotations } = (await create({}, "prod")).recording.one("PersistentVolumeClaim", "shop-db-backup").object
      .metadata;
    assert.equal(annotations["pulumi.com/skipAwait"], "true");
  });

  it("gives up after hours, not days, and keeps its failures to look at", async () => {
    const { spec } = (await create({}, "prod")).recording.one("CronJob", "shop-db-backup").object;
    assert.equal(spec.failedJobsHistoryLimit, 3);
    assert.equal(spec.jobTemplate.spec.activeDeadlineSeconds, 21600);
    assert.equal(spec.jobTemplate.spec.template.spec.restartPolicy, "Never");
  });
});

function backupPod(recording: Recording) {
  const { spec } = recording.one("CronJob", "shop-db-backup").object.spec.jobTemplate.spec.template;
  const [container] = spec.containers;
  assert.ok(container);
  return { spec, container };
}

function backupScript(recording: Recording): string {
  return backupPod(recording).container.command.at(-1) ?? "";
}
