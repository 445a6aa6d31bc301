import assert from "node:assert/strict";
import type { ClusterFacts } from "../../../components/index.ts";
import { InvalidSpecError, resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import type { Recording } from "../mocks.ts";
import { NO_OBSERVABILITY, recordEnvironment } from "./guestbook.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";
const FOUND = { db: { driver: "csi.example.com", handle: "snap-1" } };

function shop(over: object = {}): EnvironmentSpec {
  const snapshot = { namespace: "golden", name: "shop" };
  return {
    name: "shop-dev",
    tier: "dev",
    application: "shop",
    services: { api: { image: IMAGE, calls: ["db"] } },
    dataStores: { db: { engine: "postgres", snapshot }, other: { engine: "postgres" } },
    ...NO_OBSERVABILITY,
    ...over,
  };
}

async function recorded(snapshots?: ClusterFacts["snapshots"], over: object = {}): Promise<Recording> {
  const facts = { serviceMonitors: false, apiServer: [], ...(snapshots ? { snapshots } : {}) };
  return (await recordEnvironment({ spec: shop(over), facts })).recording;
}

const kinds = (recording: Recording) => recording.objects().map(({ object }) => object.kind);

describe("A Postgres that is made from a snapshot", () => {
  it("has a claim that is made from a snapshot beside it, which stands for the other namespace's", async () => {
    const recording = await recorded(FOUND);
    const { object, dependsOn } = recording.one("PersistentVolumeClaim", "db-data");
    assert.deepEqual(object.spec.dataSource, {
      apiGroup: "snapshot.storage.k8s.io",
      kind: "VolumeSnapshot",
      name: "db-seed",
    });
    assert.ok(dependsOn.includes("db-seed-snapshot"));
    assert.deepEqual(recording.named("db-seed-snapshot").object["spec"], {
      source: { volumeSnapshotContentName: "shop-dev.db-seed" },
    });
    const content = recording.named("db-seed-snapshot-content");
    assert.deepEqual(content.object["spec"], {
      deletionPolicy: "Retain",
      driver: "csi.example.com",
      source: { snapshotHandle: "snap-1" },
      volumeSnapshotRef: {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        namespace: "shop-dev",
        name: "db-seed",
      },
    });
    const { namespace, ownerReferences } = content.object["metadata"] as Record<string, unknown>;
    assert.equal(namespace, undefined);
    assert.deepEqual(ownerReferences, [
      { apiVersion: "v1", kind: "Namespace", name: "shop-dev", uid: "uid-of-shop-dev" },
    ]);
    assert.ok(recording.named("db-seed-snapshot").dependsOn.includes("db-seed-snapshot-content"));
    assert.equal(recording.one("PersistentVolumeClaim", "other-data").object.spec.dataSource, undefined);
  });

  it("is known under a name that no store of another environment gives its own", async () => {
    const named = async (name: string, store: string): Promise<string> => {
      const snapshot = { namespace: "golden", name: "shop" };
      const over = { name, services: {}, dataStores: { [store]: { engine: "postgres", snapshot } } };
      const { object } = (await recorded({ [store]: FOUND.db }, over)).named(`${store}-seed-snapshot-content`);
      return (object["metadata"] as { name: string }).name;
    };
    assert.equal(await named("shop", "db"), "shop.db-seed");
    assert.notEqual(await named("shop-eu", "db"), await named("shop", "eu-db"));
  });

  it("starts empty where there is none, where nobody has looked, and where it names none", async () => {
    for (const recording of [
      await recorded({ db: { missing: "there is none" } }),
      await recorded(),
      await recorded(FOUND, { dataStores: { db: { engine: "postgres" } } }),
    ]) {
      assert.equal(recording.one("PersistentVolumeClaim", "db-data").object.spec.dataSource, undefined);
      assert.ok(!kinds(recording).some((kind) => kind.startsWith("VolumeSnapshot")));
    }
  });

  it("is of tier dev", () => {
    assert.throws(
      () => resolveEnvironment(shop({ tier: "staging" })),
      (error: unknown) =>
        error instanceof InvalidSpecError &&
        /dataStores\.db\.snapshot: got a snapshot, expected none in tier staging/.test(error.message),
    );
  });
});
