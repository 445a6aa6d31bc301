import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { hostPathRoot } from "../../clusters/host-path-volumes.ts";
import { storageClass } from "../../clusters/simulated-content.ts";
import type { PreviewEnvironment } from "../../spec/index.ts";
import { PROJECT } from "./checkout.ts";
import { installedConfiguration, kubeconfigOf } from "./installed-service.ts";
import { PlatformCluster, type PlatformProcess, until } from "./platform-cluster.ts";
import { smallEnvironment } from "./small-environment.ts";

const REPOSITORY = "https://git.example.com/team/shop";
const { application, dataStores, migrations, services } = smallEnvironment("base");
const golden = { namespace: "golden", name: "shop" };
const CONFIG = {
  repositories: {
    [REPOSITORY]: {
      base: { application, dataStores, migrations, services },
      seeds: {
        golden: { snapshot: golden },
        lost: { snapshot: { namespace: "golden", name: "lost" } },
        needed: { snapshot: { namespace: "golden", name: "lost" }, required: true },
      },
    },
  },
  retry: { first: "1s" },
};
const source = { repository: REPOSITORY, branch: "main", commit: "1".repeat(40) };
const SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1";
const GOLDEN = `${SNAPSHOTS}/namespaces/golden/volumesnapshots`;
const CONTENTS = `${SNAPSHOTS}/volumesnapshotcontents`;
const apiVersion = "snapshot.storage.k8s.io/v1";
/** Of snapshots and of volumes. */
const DRIVER = storageClass.provisioner;
const INSTALL = ["platform", "install", "--config", "platform.yaml", "--kubeconfig"];
/** Seconds that one turn may take on a machine that has much else to do. */
const PATIENCE = 240;

interface Content {
  readonly spec: {
    readonly deletionPolicy: string;
    readonly driver: string;
    readonly source: object;
    readonly volumeSnapshotRef: { readonly namespace: string; readonly name: string };
  };
}

interface Claim {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly dataSource?: object };
}

describe("preview environments that start from a snapshot, with the rights of an installed service", function () {
  this.timeout(3 * PATIENCE * 1000);
  let cluster: PlatformCluster;
  let service: PlatformProcess;

  const send = (method: "POST" | "PATCH" | "DELETE", path: string, body?: object) =>
    cluster.api.send(method, path, body ? { body } : {});
  /** As the storage system's driver leaves a snapshot that it has made. */
  const takeSnapshot = async (name: string, handle: string): Promise<void> => {
    const content = `content-of-${name}`;
    const volumeSnapshotRef = { ...golden, name };
    await send("POST", CONTENTS, {
      apiVersion,
      kind: "VolumeSnapshotContent",
      metadata: { name: content },
      spec: {
        deletionPolicy: "Delete",
        driver: DRIVER,
        source: { volumeHandle: "vol-1" },
        volumeSnapshotRef,
      },
    });
    await send("PATCH", `${CONTENTS}/${content}/status`, { status: { snapshotHandle: handle, readyToUse: true } });
    await send("POST", GOLDEN, {
      apiVersion,
      kind: "VolumeSnapshot",
      metadata: { name },
      spec: { source: { persistentVolumeClaimName: "postgres-data" } },
    });
    const status = { readyToUse: true, boundVolumeSnapshotContentName: content, restoreSize: "1Gi" };
    await send("PATCH", `${GOLDEN}/${name}/status`, { status });
  };
  /** As the driver does for a claim that is made from a snapshot; the simulated cluster makes empty volumes alone. */
  const makeVolume = (name: string) =>
    send("POST", "/api/v1/persistentvolumes", {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `volume-of-${name}` },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        claimRef: { namespace: `preview-${name}`, name: "postgres-data" },
        hostPath: { path: join(hostPathRoot, randomUUID()) },
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: storageClass.metadata.name,
      },
    });
  const loseSnapshot = (name: string) => send("DELETE", `${GOLDEN}/${name}`);
  const claim = async (name: string): Promise<Claim> =>
    (await cluster.read<Claim>(`/api/v1/namespaces/preview-${name}/persistentvolumeclaims/postgres-data`)) ??
    assert.fail("there is no claim");
  const content = (name: string) => cluster.read<Content>(`${CONTENTS}/preview-${name}.postgres-seed`);
  const ready = (name: string) =>
    cluster.environmentUntil(
      name,
      (found) => found?.status?.phase === "Ready" && found.status.observedGeneration === found.metadata.generation,
      PATIENCE,
    );
  const seeded = (environment: PreviewEnvironment | undefined) => {
    const { reason, message } = environment?.status?.conditions?.find(({ type }) => type === "Seeded") ?? {};
    return { reason, message };
  };

  before(async () => {
    cluster = await PlatformCluster.createBare();
    const folder = join(PROJECT, "tests/engine/snapshot-definitions");
    for (const file of readdirSync(folder)) {
      const definition = parse(readFileSync(join(folder, file), "utf8")) as object;
      await send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    }
    await send("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "golden" } });
    await until(async () => {
      const problem = await cluster.api.send("GET", CONTENTS).then(() => undefined, String);
      const other = await cluster.api.send("GET", GOLDEN).then(() => undefined, String);
      return { done: problem === undefined && other === undefined, value: undefined, state: problem ?? other };
    }, PATIENCE);
    await takeSnapshot("shop", "snap-1");
    writeFileSync(join(cluster.checkout.folder, "platform.yaml"), stringify(CONFIG));
    await cluster.checkout.must([...INSTALL, cluster.kubeconfig]);
    const kubeconfig = cluster.checkout.write("service.kubeconfig", await kubeconfigOf(cluster));
    service = cluster.start("snapshots", await installedConfiguration(cluster), { kubeconfig });
    await service.says('"leading"', PATIENCE);
  });

  after(() => cluster.remove());

  it("have a volume that is made from it, by a copy that leaves the snapshot alone", async () => {
    await cluster.createEnvironment("restored", { source, seed: { testCredentials: true, data: "golden" } });
    await until(async () => {
      const found = await content("restored");
      const asked = await claim("restored").catch(() => undefined);
      return { done: found !== undefined && asked !== undefined, value: undefined, state: service.log };
    }, PATIENCE);
    const { spec } = (await content("restored")) ?? assert.fail("no content");
    assert.deepEqual([spec.deletionPolicy, spec.driver, spec.source], ["Retain", DRIVER, { snapshotHandle: "snap-1" }]);
    const { namespace, name } = spec.volumeSnapshotRef;
    assert.deepEqual([namespace, name], ["preview-restored", "postgres-seed"]);
    assert.deepEqual((await claim("restored")).spec.dataSource, {
      apiGroup: "snapshot.storage.k8s.io",
      kind: "VolumeSnapshot",
      name: "postgres-seed",
    });
    await makeVolume("restored");
    const { reason } = seeded(await ready("restored"));
    assert.equal(reason, "Restored");
  });

  it("keep the volume when the snapshot is another one, or gone, later on", async () => {
    const before = await claim("restored");
    await loseSnapshot("shop");
    await cluster.changeEnvironment("restored", { source: { ...source, commit: "2".repeat(40) } });
    await ready("restored");
    const after = await claim("restored");
    assert.deepEqual([after.metadata.uid, after.spec.dataSource], [before.metadata.uid, before.spec.dataSource]);
  });

  it("start empty where there is none, are migrated, and say so", async () => {
    await cluster.createEnvironment("empty", { source, seed: { testCredentials: true, data: "lost" } });
    const { reason, message = "" } = seeded(await ready("empty"));
    assert.equal(reason, "NotLoaded");
    assert.match(
      message,
      /^postgres started empty, and migrations went on: the VolumeSnapshot golden\/lost can't be used: /,
    );
    assert.equal((await claim("empty")).spec.dataSource, undefined);
    assert.equal(await content("empty"), undefined);
  });

  it("make nothing where it is required and there is none", async () => {
    await cluster.createEnvironment("needs", { source, seed: { testCredentials: true, data: "needed" } });
    const failed = await cluster.environmentUntil("needs", (found) => found?.status?.phase === "Failed", PATIENCE);
    const { reason, message = "" } = failed?.status?.conditions?.find(({ type }) => type === "Ready") ?? {};
    assert.equal(reason, "UpdateFailed");
    assert.match(message, /postgres may not start empty, and the VolumeSnapshot golden\/lost can't be used: /);
    const made = await cluster.api.send<{ items: unknown[] }>(
      "GET",
      "/apis/apps/v1/namespaces/preview-needs/statefulsets",
    );
    assert.deepEqual(made.items, []);
  });

  it("lose their copy of it with their namespace, whoever deletes that", async () => {
    await send("DELETE", "/api/v1/namespaces/preview-restored");
    await until(async () => {
      const left = await content("restored");
      return { done: left === undefined, value: undefined, state: JSON.stringify(left) };
    }, PATIENCE);
  });

  it("are gone with their copy of it, and leave the storage system's", async () => {
    await takeSnapshot("again", "snap-2");
    for (const name of ["restored", "empty", "needs"]) await cluster.deleteEnvironment(name);
    for (const name of ["restored", "empty", "needs"])
      await cluster.environmentUntil(name, (found) => found === undefined, PATIENCE);
    const { items } = await cluster.api.send<{ items: { metadata: { name: string } }[] }>("GET", CONTENTS);
    assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ["content-of-again", "content-of-shop"]);
  });
});
