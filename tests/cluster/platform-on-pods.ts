/**
 * Installs the platform service with its own image on real pods, drives one preview environment from its creation to its end, and
 * does the same once more with state in Postgres, two replicas and operations as Jobs. Says how long each step took.
 *
 * Usage: npm run platform-on-pods
 */
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { formatTable } from "../../cli/table.ts";
import { IMAGE } from "../../platform/install/names.ts";
import { IMAGES } from "../../spec/index.ts";
import { onStack } from "./layer.ts";

const REPOSITORY = "https://git.example.com/team/auth";
/** Where the state's Postgres runs. */
const STATE = "platform-test-state";
const ADDRESS = `postgres://postgres:only-for-this-test@postgres.${STATE}.svc/postgres?sslmode=disable`;

const inPod = { operations: 2, runner: { memory: "768Mi", spare: 0 } };
const asJobs = { operations: 2, runner: { kind: "job", memory: "768Mi", state: { address: ADDRESS } } };

process.exitCode = await onStack(async (checkout) => {
  const rows: string[][] = [];
  const file = join(checkout, ".terrarium", "platform-on-pods.yaml");
  const terrarium = async (...args: string[]): Promise<string> => {
    const options = { cwd: checkout, env: { ...process.env, CI: "true" }, maxBuffer: 64 * 2 ** 20 };
    const { stdout } = await promisify(execFile)(process.execPath, ["cli/main.ts", ...args], options);
    return stdout;
  };
  const kubectl = (...args: string[]) => terrarium("kubectl", "--stack", "local", "--", ...args);
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await work();
    rows.push([name, `${((performance.now() - started) / 1000).toFixed(1)} s`]);
    console.log(rows.at(-1)?.join(": "));
  };
  const onPlatform = (...args: string[]) => terrarium(...args, "--stack", "local");
  const install = (config: object) => {
    writeFileSync(file, stringify({ ...config, repositories: { [REPOSITORY]: { base: environment() } } }));
    return onPlatform("platform", "install", "--config", file);
  };
  const live = async (how: string): Promise<void> => {
    const wait = ["--wait", "--timeout", "3m"];
    const options = ["--repository", REPOSITORY, "--branch", "main", ...wait];
    await step(`${how}: an environment is Ready`, () => onPlatform("env", "create", "pods", ...options));
    await step(`${how}: it is gone`, () => onPlatform("env", "delete", "pods", ...wait));
    const left = await kubectl("get", "namespaces", "--output=name");
    if (/preview-pods/.test(left)) throw new Error(`its namespace is still there:\n${left}`);
  };
  try {
    await step("the image is made and loaded", () => onPlatform("images", IMAGE, IMAGES.postgres17.image));
    await step("installed", () => install(inPod));
    await live("in the service's pod");
    await step("a Postgres for state", async () => {
      const manifests = join(checkout, ".terrarium", "platform-on-pods-state.json");
      writeFileSync(manifests, JSON.stringify({ apiVersion: "v1", kind: "List", items: postgres() }));
      await kubectl("apply", "--filename", manifests);
      rmSync(manifests);
      await kubectl("rollout", "status", "--namespace", STATE, "deployment/postgres", "--timeout=120s");
    });
    await step("installed with two replicas and operations as Jobs", () => install(asJobs));
    await live("as Jobs");
    await step("uninstalled", () => onPlatform("platform", "uninstall"));
  } catch (error) {
    const { message, stderr = "" } = error as Error & { stderr?: string };
    console.error(message, stderr);
    console.error(await kubectl("get", "pods,environments,jobs,events", "--namespace=terrarium").catch(String));
    console.error(
      await kubectl(
        "logs",
        "--namespace=terrarium",
        "--selector=app.kubernetes.io/name=terrarium-platform",
        "--tail=100",
      ).catch(String),
    );
    return 1;
  } finally {
    rmSync(file, { force: true });
    await onPlatform("platform", "uninstall", "--abandon-environments").catch(() => undefined);
    await kubectl("delete", "namespace", STATE, "--ignore-not-found");
  }
  console.log(`\n${formatTable(["STEP", "TIME"], rows)}`);
  return 0;
});

/** One small service, whose image stack `local` has. */
function environment(): object {
  const resources = { requests: { cpu: "10m" }, limits: { cpu: "1" } };
  const service = { image: "terrarium/guestbook:0.1.0", args: ["auth"], secrets: { KEY_SEED: { generate: {} } } };
  return { services: { auth: { ...service, resources } }, observability: { enabled: false } };
}

/** A Postgres that keeps nothing. */
function postgres(): object[] {
  const labels = { app: "postgres" };
  const { image, user } = IMAGES.postgres17;
  const container = {
    name: "postgres",
    image,
    env: [
      { name: "POSTGRES_PASSWORD", value: "only-for-this-test" },
      { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
    ],
    securityContext: { runAsUser: user, runAsGroup: user },
    readinessProbe: { exec: { command: ["pg_isready", "-h", "127.0.0.1", "-U", "postgres"] }, periodSeconds: 1 },
    volumeMounts: [
      { name: "data", mountPath: "/var/lib/postgresql/data" },
      { name: "run", mountPath: "/var/run/postgresql" },
    ],
  };
  const volumes = ["data", "run"].map((name) => ({ name, emptyDir: {} }));
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: STATE } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "postgres", namespace: STATE },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [container], volumes, securityContext: { fsGroup: user } },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "postgres", namespace: STATE },
      spec: { selector: labels, ports: [{ port: 5432 }] },
    },
  ];
}
