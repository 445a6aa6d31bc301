import assert from "node:assert/strict";
import { createVolume, type VolumeArgs } from "../../../components/volume.ts";
import { record } from "../mocks.ts";
import { labelsOf } from "./placement.ts";

async function create(args: Partial<VolumeArgs> = {}) {
  const { result, recording } = await record(() =>
    createVolume(
      "db",
      {
        metadata: (name, annotations) => ({
          name,
          namespace: "shop-dev",
          labels: labelsOf("db", "database"),
          annotations,
        }),
        claim: "db-data",
        size: "1Gi",
        ...args,
      },
      {},
    ),
  );
  return { volume: result.volume, claim: recording.one("PersistentVolumeClaim", "db-data") };
}

describe("A volume", () => {
  it("is a claim of its own, so that it can be resized, protected and deleted, and the pod's volume of that claim", async () => {
    const { volume, claim } = await create();
    assert.equal(claim.name, "db-volume");
    assert.deepEqual(claim.object.spec, {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    });
    assert.deepEqual(volume, { name: "data", persistentVolumeClaim: { claimName: "db-data" } });
  });

  it("has the size and the class it is told", async () => {
    const { spec } = (await create({ size: "20Gi", storageClass: "fast" })).claim.object;
    assert.deepEqual([spec.storageClassName, spec.resources.requests], ["fast", { storage: "20Gi" }]);
  });

  it("isn't waited for: some classes bind only when the pod runs", async () => {
    assert.equal((await create()).claim.object.metadata.annotations["pulumi.com/skipAwait"], "true");
  });
});
