import assert from "node:assert/strict";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { LEASE, NAMESPACE, PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";

const REPOSITORY = "https://git.example.com/team/shop";
const IMAGE = "registry.example.com/team/shop";
const CONFIG = {
  repositories: {
    [REPOSITORY]: {
      base: { services: { web: { image: `${IMAGE}:1` } } },
      images: { [IMAGE]: "{commit}" },
    },
  },
  retry: { first: "1s" },
  operations: 2,
  drain: "60s",
  garbage: { interval: "1s", grace: "1s" },
};
const [FIRST, SECOND] = ["1".repeat(40), "2".repeat(40)];
const source = { repository: REPOSITORY, branch: "main", commit: FIRST };

const LABELS = { "terrarium.dev/environment": "life", "terrarium.dev/platform": NAMESPACE };

interface Namespace {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

interface Lease {
  readonly spec: { readonly holderIdentity: string };
}

describe("the platform service on a real API server", () => {
  let cluster: PlatformCluster;
  let service: PlatformProcess;

  before(async () => {
    cluster = await PlatformCluster.create();
    service = cluster.start("first", CONFIG);
    await service.says('"leading"');
    // Its minute runs while the other tests do.
    await cluster.createEnvironment("short", { source, ttl: "1m" });
  });

  after(() => cluster.remove());

  it("drives an environment from its creation over an update to its end, and leaves nothing behind", async () => {
    await cluster.createEnvironment("life", { source });
    const first = await cluster.environmentUntil("life", isReady);
    assert.equal(first?.status?.commit, FIRST);
    assert.equal(await imageOf("life"), `${IMAGE}:${FIRST}`);
    const namespace = await cluster.read<Namespace>("/api/v1/namespaces/preview-life");
    const { labels = {} } = namespace?.metadata ?? {};
    assert.deepEqual({ ...labels, ...LABELS }, labels, "its namespace says whose it is");

    await cluster.changeEnvironment("life", { source: { commit: SECOND } });
    await cluster.environmentUntil(
      "life",
      (environment) => environment?.status?.commit === SECOND && isReady(environment),
    );
    assert.equal(await imageOf("life"), `${IMAGE}:${SECOND}`);

    await cluster.deleteEnvironment("life");
    await cluster.environmentUntil("life", (environment) => environment === undefined);
    assert.equal(await cluster.read("/api/v1/namespaces/preview-life"), undefined);
  });

  it("says what it does in the log of an operation and in Events", async () => {
    await cluster.createEnvironment("told", { source });
    const environment = await cluster.environmentUntil("told", isReady);
    const log = await until(async () => {
      const map = await cluster.read<{ data: { log: string } }>(`/api/v1/namespaces/${NAMESPACE}/configmaps/told-log`);
      return { done: map?.data.log.trimEnd().endsWith("done") === true, value: map?.data.log, state: map?.data.log };
    }, 10);
    assert.match(log ?? "", /create Deployment\/web done/);
    const selector = `involvedObject.uid=${environment?.metadata.uid ?? ""}`;
    const events = await cluster.api.send<{ items: { reason: string }[] }>(
      "GET",
      `/api/v1/namespaces/${NAMESPACE}/events`,
      {
        query: { fieldSelector: selector },
      },
    );
    assert.ok(events.items.some(({ reason }) => reason === "Ready"));
    await cluster.deleteEnvironment("told");
  });

  it("removes a namespace that is left of an environment, and none that merely has such a name", async () => {
    const create = (name: string, more: object) => {
      const labels = { "app.kubernetes.io/managed-by": "terrarium", ...more };
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
      return cluster.api.send("POST", "/api/v1/namespaces", { body });
    };
    await create("preview-of-people", {});
    await create("preview-gone", { ...LABELS, "terrarium.dev/environment": "gone" });
    await until(async () => {
      const left = await cluster.read("/api/v1/namespaces/preview-gone");
      return { done: left === undefined, value: undefined, state: JSON.stringify(left) };
    }, 30);
    const { status } =
      (await cluster.read<{ status: { phase: string } }>("/api/v1/namespaces/preview-of-people")) ?? {};
    assert.equal(status?.phase, "Active");
  });

  it("survives a restart of the API server", async () => {
    await cluster.createEnvironment("steady", { source });
    await cluster.environmentUntil("steady", isBusy);
    await cluster.restartApiServer();
    await cluster.environmentUntil("steady", isReady, 90);
    assert.equal(service.child.exitCode, null);
    await cluster.deleteEnvironment("steady");
    await cluster.environmentUntil("steady", (environment) => environment === undefined, 90);
  });

  it("lets a second replica go on within the Lease's time when the leader is killed in the middle of an update", async () => {
    const second = cluster.start("second", CONFIG);
    await second.says('"started"');
    await cluster.createEnvironment("handed", { source });
    await cluster.environmentUntil("handed", isBusy);
    const killedAt = performance.now();
    await service.kill();
    await second.says('"leading"', 30);
    const takenOverAfter = (performance.now() - killedAt) / 1000;
    assert.ok(takenOverAfter < 15 + 2 * 2.5, `it took ${takenOverAfter.toFixed(1)} s`);
    service = second;
    await cluster.environmentUntil("handed", isReady, 90);
    await cluster.deleteEnvironment("handed");
    await cluster.environmentUntil("handed", (environment) => environment === undefined);
  });

  it("finishes what runs when it is asked to end, and gives the Lease back", async () => {
    await cluster.createEnvironment("drained", { source });
    await cluster.environmentUntil("drained", isBusy);
    assert.equal(await service.stop(), 0);
    const drained = await cluster.environment("drained");
    assert.equal(drained?.status?.phase, "Ready", service.log);
    assert.equal(drained.status.operation, undefined);
    const lease = await cluster.read<Lease>(LEASE);
    assert.equal(lease?.spec.holderIdentity, "");
  });

  it("lets environments wait in line under a cap, and deletes those whose time is over", async () => {
    service = cluster.start("capped", { ...CONFIG, caps: { global: 1 } });
    await service.says('"leading"');
    await cluster.environmentUntil("short", (environment) => environment === undefined, 90);
    // "drained" has the only place.
    await cluster.createEnvironment("queued", { source });
    const queued = await cluster.environmentUntil("queued", (environment) => environment?.status?.phase !== undefined);
    assert.deepEqual([queued?.status?.phase, queued?.status?.position], ["Queued", 1]);
    await cluster.deleteEnvironment("drained");
    await cluster.environmentUntil("queued", isReady);
    await cluster.deleteEnvironment("queued");
    await cluster.environmentUntil("queued", (environment) => environment === undefined);
    assert.equal(await service.stop(), 0);
  });

  async function imageOf(name: string): Promise<string | undefined> {
    const path = `/apis/apps/v1/namespaces/preview-${name}/deployments/web`;
    const deployment = await cluster.read<{ spec: { template: { spec: { containers: { image: string }[] } } } }>(path);
    return deployment?.spec.template.spec.containers[0]?.image;
  }
});

function isBusy(environment: PreviewEnvironment | undefined): boolean {
  return environment?.status?.operation !== undefined;
}

function isReady(environment: PreviewEnvironment | undefined): boolean {
  return (
    environment?.status?.phase === "Ready" && environment.status.observedGeneration === environment.metadata.generation
  );
}
