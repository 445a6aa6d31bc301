import assert from "node:assert/strict";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { ENVIRONMENTS, PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";
import { smallEnvironment } from "./small-environment.ts";

const REPOSITORY = "https://git.example.com/team/shop";
const { application, dataStores, migrations, services } = smallEnvironment("base");
const CONFIG = {
  repositories: { [REPOSITORY]: { base: { application, dataStores, migrations, services } } },
  url: "https://{name}.preview.example.com",
  sleep: { activator: {} },
  drift: { mode: "repair", interval: "3s" },
  retry: { first: "1s" },
  operations: 2,
};
const source = { repository: REPOSITORY, branch: "main", commit: "1".repeat(40) };
/** Workloads of the environment, data stores last. */
const WORKLOADS = ["deployments/shop-mf", "deployments/shop-worker", "statefulsets/postgres"];

interface Scaled {
  readonly metadata: { readonly uid: string; readonly managedFields?: readonly { readonly time: string }[] };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

describe("sleep of preview environments on the real engine", () => {
  let cluster: PlatformCluster;
  let service: PlatformProcess;

  before(async () => {
    cluster = await PlatformCluster.create();
    service = cluster.start("sleep", CONFIG);
    await service.says('"leading"');
  });

  after(() => cluster.remove());

  const at = () => new Date().toISOString();
  const inPhase = (name: string, phase: string, seconds = 90) =>
    cluster.environmentUntil(
      name,
      (found) => found?.status?.phase === phase && found.status.observedGeneration === found.metadata.generation,
      seconds,
    );
  const sleep = (name: string) => cluster.changeEnvironment(name, { sleep: { sleepAt: at() } });
  /** As the activator does. */
  const request = (name: string) =>
    cluster.api.send("PATCH", `${ENVIRONMENTS}/${name}/status`, { body: { status: { lastRequestAt: at() } } });
  const workload = async (name: string, path: string): Promise<Scaled> => {
    const found = await cluster.read<Scaled>(`/apis/apps/v1/namespaces/preview-${name}/${path}`);
    return found ?? assert.fail(`${path} is not there`);
  };
  const replicas = async (name: string) =>
    Promise.all(WORKLOADS.map(async (path) => (await workload(name, path)).spec.replicas));
  const uidOf = async (name: string, path: string) =>
    (await cluster.read<Scaled>(`/api/v1/namespaces/preview-${name}/${path}`))?.metadata.uid;

  it("takes all pods away and keeps volumes and credentials, and a request brings all of it back in order", async () => {
    await cluster.createEnvironment("naps", { source });
    await inPhase("naps", "Ready");
    const kept = ["persistentvolumeclaims/postgres-data", "secrets/postgres", "secrets/shop-migrate"];
    const before = await Promise.all(kept.map((path) => uidOf("naps", path)));
    const job = () => cluster.read<Scaled>("/apis/batch/v1/namespaces/preview-naps/jobs/shop-migrate");
    const migrated = await job();
    assert.ok(migrated);

    await sleep("naps");
    const asleep = await inPhase("naps", "Asleep");
    assert.deepEqual(await replicas("naps"), [0, 0, 0]);
    assert.equal(await job(), undefined);
    assert.equal(condition(asleep, "Admitted")?.reason, "Asleep");
    await until(async () => {
      const { items } = await cluster.api.send<{ items: unknown[] }>("GET", "/api/v1/namespaces/preview-naps/pods");
      return { done: items.length === 0, value: undefined, state: `${items.length} pods` };
    }, 30);

    await request("naps");
    const awake = await inPhase("naps", "Ready");
    assert.deepEqual(await replicas("naps"), [1, 1, 1]);
    assert.deepEqual(await Promise.all(kept.map((path) => uidOf("naps", path))), before);
    assert.notEqual((await job())?.metadata.uid, migrated.metadata.uid, "the migration did not run anew");
    const steps = awake?.status?.steps ?? [];
    const times = ["data stores", "migrations", "services"].map((name) => {
      const step = steps.find((each) => each.name === name);
      return step ?? assert.fail(`no step ${name} in ${JSON.stringify(steps)}`);
    });
    for (const [index, step] of times.slice(1).entries())
      assert.ok((step.finishedAt ?? "") >= (times[index]?.finishedAt ?? "9"), `${step.name} ends too early`);
    console.log(`      woken: ${steps.map(({ name, seconds }) => `${name} ${seconds} s`).join(", ")}`);
  });

  it("stops data stores after what calls them", async () => {
    await sleep("naps");
    await inPhase("naps", "Asleep");
    const log = await cluster.read<{ data: { log: string } }>("/api/v1/namespaces/terrarium/configmaps/naps-log");
    const lines = log?.data.log.split("\n") ?? [];
    const line = (text: string) => {
      const found = lines.findIndex((each) => each.includes(text));
      assert.ok(found >= 0, `${text} is not in ${log?.data.log}`);
      return found;
    };
    for (const caller of ["update Deployment/shop-mf done", "update Deployment/shop-worker done"])
      assert.ok(line(caller) < line("update StatefulSet/postgres done"), log?.data.log);
  });

  it("is not ended by the repair of changes by hand", async () => {
    const path = "/apis/apps/v1/namespaces/preview-naps/deployments/shop-mf";
    await cluster.api.send("PATCH", path, { body: { spec: { replicas: 1 } } });
    await until(async () => {
      const { spec } = await workload("naps", "deployments/shop-mf");
      return { done: spec.replicas === 0, value: undefined, state: String(spec.replicas) };
    }, 90);
    const repaired = await cluster.environmentUntil(
      "naps",
      (found) => ["Repaired", "InSync"].includes(condition(found, "InSync")?.reason ?? ""),
      60,
    );
    assert.equal(repaired?.status?.phase, "Asleep");
    assert.deepEqual(await replicas("naps"), [0, 0, 0]);
  });

  it("survives the death of the service in the middle of falling asleep and of waking", async () => {
    const killed = async () => {
      await cluster.environmentUntil("naps", (found) => found?.status?.operation?.kind === "apply", 30);
      await service.kill();
      service = cluster.start(`again-${Date.now()}`, CONFIG);
    };
    await request("naps");
    await killed();
    await inPhase("naps", "Ready", 120);
    assert.deepEqual(await replicas("naps"), [1, 1, 1]);
    await sleep("naps");
    await killed();
    await inPhase("naps", "Asleep", 120);
    assert.deepEqual(await replicas("naps"), [0, 0, 0]);
  });

  it("gives places to others, for which a woken one then waits", async () => {
    await service.stop();
    service = cluster.start("capped", { ...CONFIG, caps: { global: 1 } });
    await service.says('"leading"');
    await cluster.createEnvironment("other", { source });
    await inPhase("other", "Ready");
    await request("naps");
    const queued = await cluster.environmentUntil("naps", (found) => found?.status?.position !== undefined);
    assert.deepEqual([queued?.status?.phase, queued?.status?.position], ["Queued", 1]);
    assert.deepEqual(await replicas("naps"), [0, 0, 0]);
    await sleep("other");
    await inPhase("naps", "Ready");
  });

  it("is no hindrance to the end: by a deletion, or by a time to live", async () => {
    await sleep("naps");
    await inPhase("naps", "Asleep");
    await cluster.deleteEnvironment("naps");
    await cluster.changeEnvironment("other", { ttl: "1m" });
    for (const name of ["naps", "other"]) {
      await cluster.environmentUntil(name, (found) => found === undefined, 150);
      assert.equal(await cluster.read(`/api/v1/namespaces/preview-${name}`), undefined);
    }
  });
});

function condition(environment: PreviewEnvironment | undefined, type: string) {
  return environment?.status?.conditions?.find((each) => each.type === type);
}
