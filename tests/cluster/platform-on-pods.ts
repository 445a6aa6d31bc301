/**
 * Installs the platform service with its own image on real pods, drives one preview environment from its creation to its end, has
 * its policies forbid another one, and does the first once more with state in Postgres, two replicas and operations as Jobs. Then
 * the leader is killed in the middle of a Job. Says how long each step took.
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
import { IMAGES, type PreviewEnvironment } from "../../spec/index.ts";
import { eventually } from "./eventually.ts";
import { onStack } from "./layer.ts";

const REPOSITORY = "https://git.example.com/team/auth";
/** One whose service takes its time, so that a Job still runs when another replica leads. */
const SLOW = "https://git.example.com/team/slow";
/** Where the state's Postgres runs. */
const STATE = "platform-test-state";
const ADDRESS = `postgres://postgres:only-for-this-test@postgres.${STATE}.svc/postgres?sslmode=disable`;

process.exitCode = await onStack(async (checkout) => {
  const runner = { memory: "1Gi", policyPacks: [join(checkout, "policies")] };
  const inPod = { operations: 2, runner: { ...runner, spare: 0 } };
  const asJobs = { operations: 2, runner: { ...runner, kind: "job", state: { address: ADDRESS } } };
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
    const slow = { probes: { readiness: { initialDelaySeconds: 45 } } };
    const repositories = { [REPOSITORY]: { base: environment() }, [SLOW]: { base: environment(slow) } };
    writeFileSync(file, stringify({ ...config, repositories }));
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
  const create = async (name: string, repository: string, service: object = {}): Promise<void> => {
    const manifest = {
      apiVersion: "terrarium.dev/v1alpha1",
      kind: "Environment",
      metadata: { name, namespace: "terrarium" },
      spec: { source: { repository, branch: "main" }, overrides: { services: { auth: service } } },
    };
    writeFileSync(file, JSON.stringify(manifest));
    await kubectl("apply", "--filename", file);
  };
  const read = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await kubectl("get", "--namespace=terrarium", "--output=json", ...args)) as T;
  const remove = (name: string) => onPlatform("env", "delete", name, "--wait", "--timeout", "3m");
  /** An image without a version, which a mandatory rule of Terrarium's own pack is about. */
  const forbid = async (how: string): Promise<void> => {
    await step(`${how}: policies forbid an environment`, async () => {
      await create("forbidden", REPOSITORY, { image: "terrarium/guestbook:latest" });
      const ready = await eventually(
        "the policies' verdict",
        async () => {
          const { status } = await read<PreviewEnvironment>("environments.terrarium.dev/forbidden");
          const condition = status?.conditions?.find(({ type }) => type === "Ready");
          return status?.phase === "Failed" || condition?.status === "True" ? condition : undefined;
        },
        { timeoutMs: 120_000, everyMs: 1_000 },
      );
      if (ready.reason !== "PolicyViolation" || !ready.message.includes("pinned-images"))
        throw new Error(`the policies did not forbid it: ${JSON.stringify(ready)}`);
      const made = await kubectl("get", "deployments,services", "--namespace=preview-forbidden", "--output=name");
      if (made !== "") throw new Error(`something of it was made: ${made}`);
    });
    await remove("forbidden");
  };
  const jobsOf = async (stack: string) =>
    (await read<{ items: Job[] }>("jobs", `--selector=terrarium.dev/stack=${stack}`)).items;
  const leader = async (): Promise<string> =>
    (await read<{ spec: { holderIdentity: string } }>("leases/terrarium-platform")).spec.holderIdentity;
  /** The next leader takes over the Job that runs, and makes no second one. */
  const handOver = async (): Promise<void> => {
    await create("handed", SLOW);
    const job = await eventually(
      "a Job that runs",
      async () => {
        const [first] = await jobsOf("preview-handed");
        return first?.status?.ready === 1 ? first : undefined;
      },
      { timeoutMs: 120_000, everyMs: 500 },
    );
    const before = await leader();
    await step("as Jobs: the leader is killed while a Job runs, and another one leads", async () => {
      const pod = before.replace(/-[0-9a-f]{8}$/, "");
      await kubectl("delete", "pod", pod, "--namespace=terrarium", "--grace-period=0", "--force");
      await eventually("another leader", async () => ((await leader()) === before ? undefined : true), {
        timeoutMs: 60_000,
        everyMs: 500,
      });
      const [same] = await jobsOf("preview-handed");
      if (same?.status?.active !== 1) throw new Error("the Job ended too early to be handed over");
    });
    await step("as Jobs: the environment is Ready by the same Job", async () => {
      await kubectl("wait", "tenv/handed", "--for=condition=Ready", "--namespace=terrarium", "--timeout=180s");
      const uids = (await jobsOf("preview-handed")).map(({ metadata }) => metadata.uid);
      if (uids.length !== 1 || uids[0] !== job.metadata.uid)
        throw new Error(`the Job was ${job.metadata.uid}; there were ${uids.join(", ")}`);
    });
    await remove("handed");
  };
  try {
    await step("the image is made and loaded", () => onPlatform("images", IMAGE, IMAGES.postgres17.image));
    await step("installed", () => install(inPod));
    await live("in the service's pod");
    await forbid("in the service's pod");
    await step("a Postgres for state", async () => {
      const manifests = join(checkout, ".terrarium", "platform-on-pods-state.json");
      writeFileSync(manifests, JSON.stringify({ apiVersion: "v1", kind: "List", items: postgres() }));
      await kubectl("apply", "--filename", manifests);
      rmSync(manifests);
      await kubectl("rollout", "status", "--namespace", STATE, "deployment/postgres", "--timeout=120s");
    });
    await step("installed with two replicas and operations as Jobs", () => install(asJobs));
    await live("as Jobs");
    await forbid("as Jobs");
    await handOver();
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

/** A Job of an operation, as far as it is looked at. */
interface Job {
  readonly metadata: { readonly uid: string };
  readonly status?: { readonly active?: number; readonly ready?: number };
}

/** One small service, whose image stack `local` has. */
function environment(more: object = {}): object {
  const resources = { requests: { cpu: "10m" }, limits: { cpu: "1" } };
  const service = { image: "terrarium/guestbook:0.1.0", args: ["auth"], secrets: { KEY_SEED: { generate: {} } } };
  return { services: { auth: { ...service, resources, ...more } }, observability: { enabled: false } };
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
