import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Recording } from "../mocks.ts";
import { labelsOf } from "./placement.ts";
import { createPostgres as create } from "./shop-postgres.ts";

function backupPod(recording: Recording) {
  const { spec } = recording.one("CronJob", "shop-db-backup").object.spec.jobTemplate.spec.template;
  const [container] = spec.containers;
  assert.ok(container);
  return { spec, container };
}

function backupScript(recording: Recording): string {
  return backupPod(recording).container.command.at(-1) ?? "";
}

/** Runs the script with tools that pretend, and a store that answers when it was asked some times before. */
function runScript(
  script: string,
  { dumps = [], answersAfter = 0 }: { dumps?: readonly string[]; answersAfter?: number },
) {
  const folder = mkdtempSync(join(tmpdir(), "backup-"));
  const tools = {
    pg_isready: `echo . >> ${folder}/asked; [ $(wc -l < ${folder}/asked) -gt ${Math.min(answersAfter, 1e9)} ]`,
    pg_dump: 'touch "${3#--file=}"',
    pg_restore: ":",
    sleep: ":",
  };
  try {
    for (const name of dumps) writeFileSync(join(folder, `${name}.dump`), "");
    for (const [tool, lines] of Object.entries(tools))
      writeFileSync(join(folder, tool), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, PGDATABASE: "app", PGHOST: "shop-db" };
    const ran = spawnSync("sh", ["-eu", "-c", script.replaceAll("/backups", folder)], { env, encoding: "utf8" });
    const kept = readdirSync(folder).filter((name) => name.endsWith(".dump"));
    return { told: (ran.stdout + ran.stderr).replaceAll(folder, "/backups"), kept, code: ran.status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

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
    assert.equal(
      container.image,
      recording.one("StatefulSet", "shop-db").object.spec.template.spec.containers[0]?.image,
    );
    assert.deepEqual(container.env, [
      { name: "PGHOST", value: "shop-db" },
      { name: "PGPORT", value: "5432" },
      { name: "PGUSER", value: "owner_a" },
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

  it("drops the oldest dumps of its own database, and none of one that had another name", async () => {
    const { recording } = await create({ backup: { keep: 2 } });
    const dumps = ["app-20200101T000000Z", "app-20200102T000000Z", "app_2-20200101T000000Z", "shop-20200101T000000Z"];
    const { told, kept } = runScript(backupScript(recording), { dumps });
    const [newest = ""] = kept.filter((name) => !dumps.includes(name.replace(".dump", "")));
    assert.match(newest, /^app-\d{8}T\d{6}Z\.dump$/);
    const expected = [...dumps.slice(1).map((name) => `${name}.dump`), newest];
    assert.deepEqual(kept.toSorted(), expected.toSorted());
    assert.equal(told, `kept: 2 dumps, newest /backups/${newest}\n`);
  });

  it("waits for a store that is being started, and fails when it never answers", async () => {
    const script = backupScript((await create({ backup: {} })).recording);
    const started = runScript(script, { answersAfter: 3 });
    assert.equal(started.kept.length, 1);
    const never = runScript(script, { answersAfter: Number.POSITIVE_INFINITY });
    assert.deepEqual(never, { told: "shop-db does not answer: nothing is dumped\n", kept: [], code: 1 });
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
