import assert from "node:assert/strict";
import {
  estimateCapacity,
  parseQuantity,
  resolveEnvironment,
  TIERS,
  type Capacity,
  type EnvironmentSpec,
} from "../../../spec/index.ts";
import type { Recording } from "../mocks.ts";
import { guestbookSpec, recordEnvironment } from "./guestbook.ts";

/** What the objects that components register reserve. */
function reservedBy(recording: Recording): Capacity {
  const workloads = [...recording.all("Deployment"), ...recording.all("StatefulSet")].map(({ object }) => object);
  const daemons = recording
    .all("DaemonSet")
    .map(({ object }) => ({ ...object, spec: { ...object.spec, replicas: 1 } }));
  let [pods, cpu, memory, storage] = [0, 0, 0, 0];
  for (const { metadata, spec } of [...workloads, ...daemons]) {
    const scaler = recording
      .all("HorizontalPodAutoscaler")
      .find(({ object }) => object.metadata.name === metadata.name);
    const count = scaler?.object.spec.minReplicas ?? spec.replicas;
    pods += count;
    for (const { resources } of spec.template.spec.containers) {
      cpu += count * Math.round((parseQuantity(String(resources.requests?.["cpu"]), "cpu") ?? NaN) * 1000);
      memory += count * (parseQuantity(String(resources.requests?.["memory"]), "bytes") ?? NaN);
    }
    const claims = "volumeClaimTemplates" in spec ? (spec.volumeClaimTemplates ?? []) : [];
    for (const claim of claims) storage += count * sizeOf(claim.spec);
  }
  for (const { object } of recording.all("PersistentVolumeClaim")) storage += sizeOf(object.spec);
  return { pods, cpu: cpu / 1000, memory, storage };
}

function sizeOf({ resources }: { resources: { requests: Readonly<Record<string, string>> } }): number {
  return parseQuantity(resources.requests["storage"] ?? "", "bytes") ?? NaN;
}

async function assertEstimated(spec: EnvironmentSpec): Promise<void> {
  const { recording } = await recordEnvironment({ spec });
  assert.deepEqual(estimateCapacity(resolveEnvironment(spec)), reservedBy(recording));
}

describe("The capacity of an environment", () => {
  for (const tier of TIERS) {
    it(`is what the guestbook's objects reserve at tier ${tier}`, async () => {
      await assertEstimated(guestbookSpec(tier, { secretValues: undefined }));
    });
  }

  it("counts every server of the observability stack", async () => {
    await assertEstimated({
      name: "shop-dev",
      application: "shop",
      tier: "dev",
      observability: { alertmanager: { enabled: true, storage: { size: "3Gi" } } },
    });
  });

  it("counts volumes of each pod, autoscaled services with their fewest pods, caches and backups", async () => {
    await assertEstimated({
      name: "shop-dev",
      application: "shop",
      tier: "dev",
      services: {
        files: { image: "shop:1", replicas: 3, volumes: [{ name: "data", mountPath: "/data", size: "3Gi" }] },
        scaled: { image: "shop:1", replicas: 4, scaling: { minReplicas: 2, maxReplicas: 9 } },
        web: {
          image: "node:24",
          calls: ["db"],
          internet: true,
          source: { repository: "https://git.example.com/team/shop", branch: "main", cache: { size: "5Gi" } },
        },
        none: { image: "shop:1", replicas: 0 },
      },
      dataStores: { db: { engine: "postgres", backup: { storage: "7Gi" } }, cache: { engine: "redis" } },
      observability: { loki: { enabled: false } },
    });
  });
});
