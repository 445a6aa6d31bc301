import assert from "node:assert/strict";
import { EXPORTER_LOGIN } from "../../spec/index.ts";
import { eventually } from "./eventually.ts";
import { shared } from "./kubectl.ts";
import { unique } from "./stack.ts";

const { namespace, run, read, sql } = shared;

interface Job {
  spec: { template: { spec: { containers: { command: string[] }[] } } };
}

interface Condition {
  type: string;
  status: string;
}

/** A table of the test's own in the application's database. */
async function table(): Promise<string> {
  const name = unique("kept").replace("-", "_");
  await sql(`SET ROLE guestbook; CREATE TABLE ${name} (value text); INSERT INTO ${name} VALUES ('kept')`);
  return name;
}

async function drop(name: string): Promise<void> {
  await sql(`DROP TABLE IF EXISTS ${name}`);
}

/** Runs the backup job with another command. A pod of it that fails is followed by another, as at night. @returns its log. */
async function runBackupJob(name: string, script?: string): Promise<string> {
  const { spec } = await read<{ spec: { jobTemplate: Job } }>("cronjob", "postgres-backup");
  const [container] = spec.jobTemplate.spec.template.spec.containers;
  if (container && script !== undefined) container.command = ["sh", "-eu", "-c", script];
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace }, ...spec.jobTemplate };
  await run(["create", "-f", "-"], JSON.stringify({ ...job, metadata: { name, namespace } }));
  try {
    const succeeded = await eventually(`the end of job ${name}`, () => endOf(name), { timeoutMs: 180_000 });
    const log = await run(["logs", `job/${name}`, "--all-pods"]);
    assert.ok(succeeded, log);
    return log;
  } finally {
    await run(["delete", "job", name, "--ignore-not-found", "--wait=false"]);
  }
}

/** @returns whether the job has succeeded; undefined while it runs. @throws with what keeps a pod of it from starting. */
async function endOf(name: string): Promise<boolean | undefined> {
  const { status } = await read<{ status: { succeeded?: number; conditions?: Condition[] } }>("job", name);
  if (status.succeeded) return true;
  if (status.conditions?.some(({ type, status }) => type === "Failed" && status === "True")) return false;
  const pods = await run(["get", "pods", "--selector", `job-name=${name}`, "--output", "wide"]);
  const events = await run(["events", "--types=Warning", "--for", `job/${name}`]);
  throw new Error(`it has not ended\n${pods}${events}`);
}

describe("data in Postgres", () => {
  it("comes back from a backup after it was lost", async () => {
    const name = await table();
    try {
      const log = await runBackupJob(unique("backup"));
      const file = /newest (\S+\.dump)/.exec(log)?.[1];
      assert.ok(file, log);
      await drop(name);
      await runBackupJob(unique("restore"), `pg_restore --no-owner --table=${name} --dbname="$PGDATABASE" ${file}`);
      assert.deepEqual(await sql(`SELECT value FROM ${name}`), ["kept"]);
    } finally {
      await drop(name);
    }
  });

  it("belongs to a role that cannot log in; clients log in as a member of it", async () => {
    const roles = await sql(
      "SELECT rolname || ' ' || rolcanlogin || ' ' || rolsuper FROM pg_roles WHERE rolname LIKE 'guestbook%' ORDER BY 1",
    );
    assert.deepEqual(roles, ["guestbook false false", "guestbook_a true false"]);
    assert.deepEqual(await sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"), ["guestbook"]);
    const users = await sql(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'guestbook' AND usename NOT IN ('postgres', '${EXPORTER_LOGIN}')`,
    );
    assert.deepEqual(users, ["guestbook_a"]);
    const read = await sql(
      `SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = '${EXPORTER_LOGIN}' AND table_schema = 'public'`,
    );
    assert.deepEqual(read, ["0"]);
  });
});
