import assert from "node:assert/strict";
import { ApiError } from "../../../../platform/adapters/kubernetes/api.ts";
import { findGoldenSnapshots } from "../../../../platform/runner/golden-snapshots.ts";
import { missingSnapshot } from "../../../../platform/runner/seed-report.ts";
import type { EnvironmentSpec } from "../../../../spec/index.ts";

const PATH = "/apis/snapshot.storage.k8s.io/v1";
const SNAPSHOT = `${PATH}/namespaces/golden/volumesnapshots/shop`;
const CONTENT = `${PATH}/volumesnapshotcontents/content-1`;
const READY = { status: { readyToUse: true, boundVolumeSnapshotContentName: "content-1", restoreSize: "5Gi" } };
const KNOWN = { spec: { driver: "csi.example.com" }, status: { snapshotHandle: "snap-1" } };
const CLASSES = "/apis/storage.k8s.io/v1/storageclasses";

function storageClass(name: string, provisioner: string, isDefault = false, madeAt = "2026-01-01T00:00:00Z"): object {
  const annotations = { "storageclass.kubernetes.io/is-default-class": String(isDefault) };
  return { metadata: { name, annotations, creationTimestamp: madeAt }, provisioner };
}

const FITTING = { [CLASSES]: { items: [storageClass("standard", "csi.example.com", true)] } };

function description(required = false, size = "10Gi", storageClass?: string): EnvironmentSpec {
  const snapshot = { namespace: "golden", name: "shop", required };
  return {
    name: "preview-shop",
    tier: "dev",
    application: "shop",
    dataStores: {
      db: { engine: "postgres", storage: { size, storageClass }, snapshot },
      other: { engine: "postgres" },
    },
  };
}

describe("the snapshots that a description names", () => {
  const asked: string[] = [];
  const find = (objects: Readonly<Record<string, object | number>>, wanted = description()) => {
    const send = <T>(_method: string, path: string): Promise<T> => {
      asked.push(path);
      const found = { ...FITTING, ...objects }[path] ?? 404;
      return typeof found === "number" ? Promise.reject(new ApiError(found, "no")) : Promise.resolve(found as T);
    };
    return findGoldenSnapshots({ send }, wanted);
  };

  it("are what the storage system calls them", async () => {
    assert.deepEqual(await find({ [SNAPSHOT]: READY, [CONTENT]: KNOWN }), {
      db: { driver: "csi.example.com", handle: "snap-1" },
    });
  });

  it("are missing, with the reason, where they can't be used", async () => {
    const cases: readonly (readonly [Readonly<Record<string, object | number>>, RegExp])[] = [
      [{}, /^the VolumeSnapshot golden\/shop can't be used: there is none that the service may see/],
      [{ [SNAPSHOT]: 403 }, /there is none that the service may see/],
      [{ [SNAPSHOT]: { status: { ...READY.status, readyToUse: false } } }, /ready to use/],
      [{ [SNAPSHOT]: {} }, /ready to use/],
      [{ [SNAPSHOT]: READY, [CONTENT]: { spec: KNOWN.spec } }, /the storage system does not know it yet/],
      [
        { [SNAPSHOT]: { status: { ...READY.status, restoreSize: "20Gi" } }, [CONTENT]: KNOWN },
        /it takes a volume of 20Gi, and storage\.size is 10Gi/,
      ],
    ];
    for (const [objects, why] of cases) {
      const { db } = await find(objects);
      assert.ok(db && "missing" in db, JSON.stringify(objects));
      assert.match(db.missing, why);
    }
  });

  it("are those of the driver that makes the volumes of the store's class, or of the cluster's newest default", async () => {
    const others = [
      storageClass("older", "older.example.com", true, "2025-01-01T00:00:00Z"),
      storageClass("other", "other.example.com"),
    ];
    const own = storageClass("standard", "csi.example.com", true);
    const made = async (classes: Readonly<Record<string, object | number>>, name?: string): Promise<string> => {
      const wanted = description(false, "10Gi", name);
      const { db } = await find({ [SNAPSHOT]: READY, [CONTENT]: KNOWN, ...classes }, wanted);
      return db && "missing" in db ? db.missing : "made";
    };
    assert.equal(await made({ [CLASSES]: { items: [...others, own] } }), "made");
    assert.equal(await made({ [`${CLASSES}/fast`]: storageClass("fast", "csi.example.com") }, "fast"), "made");
    assert.match(
      await made({ [CLASSES]: { items: others } }),
      /can't be used: its driver is csi\.example\.com, and older\.example\.com makes the volumes of the class older$/,
    );
    assert.match(
      await made({ [`${CLASSES}/other`]: others[1] ?? {} }, "other"),
      /and other\.example\.com makes the volumes of the class other$/,
    );
    for (const classes of [{ [CLASSES]: { items: [] } }, { [CLASSES]: 403 }])
      assert.match(await made(classes), /and there is no default StorageClass that the service may see$/);
    assert.match(await made({}, "fast"), /and there is no StorageClass fast that the service may see$/);
  });

  it("are not taken for missing while the API server does not answer: a volume is made once", async () => {
    await assert.rejects(find({ [SNAPSHOT]: 0 }), ApiError);
    await assert.rejects(find({ [SNAPSHOT]: 503 }), ApiError);
    await assert.rejects(find({ [SNAPSHOT]: READY, [CONTENT]: KNOWN, [CLASSES]: 503 }), ApiError);
  });

  it("are not asked for where there are none, or where the description is wrong", async () => {
    const before = asked.length;
    assert.deepEqual(await find({}, { ...description(), dataStores: { db: { engine: "postgres" } } }), {});
    assert.deepEqual(await find({}, { ...description(), tier: "prod" }), {});
    assert.equal(asked.length, before);
  });

  it("keep a first update from beginning where one is required and missing", () => {
    const missing = { db: { missing: "the VolumeSnapshot golden/shop can't be used: gone" } };
    assert.equal(missingSnapshot(description(), { snapshots: missing }), undefined);
    assert.match(
      missingSnapshot(description(true), { snapshots: missing }) ?? "",
      /^db may not start empty, and the Vol/,
    );
    assert.match(missingSnapshot(description(true), {}) ?? "", /Nobody has looked/);
    const found = { db: { driver: "csi.example.com", handle: "snap-1" } };
    assert.equal(missingSnapshot(description(true), { snapshots: found }), undefined);
  });
});
