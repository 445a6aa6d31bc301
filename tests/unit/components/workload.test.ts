import assert from "node:assert/strict";
import { createWorkload, headlessName, type WorkloadArgs } from "../../../components/workload.ts";
import { recorded, RESOURCES, workloadSelector } from "./placement.ts";

const IDENTITY = { name: "api", instance: "shop-dev", partOf: "shop", component: "backend" };

function create(args: Partial<WorkloadArgs> = {}) {
  return recorded(() =>
    createWorkload(
      "api",
      {
        metadata: { name: "api", namespace: "shop-dev" },
        identity: IDENTITY,
        replicas: 2,
        stableIdentity: false,
        pod: {
          user: 1000,
          serviceAccountName: "default",
          container: { name: "api", image: "a/b:1", resources: RESOURCES },
        },
        ...args,
      },
      {},
    ),
  );
}

describe("A workload", () => {
  it("is a Deployment called after its part where pods need no identity", async () => {
    const { type, name, object } = (await create()).one("Deployment", "api");
    assert.deepEqual([type, name], ["kubernetes:apps/v1:Deployment", "api-deployment"]);
    assert.deepEqual(object.spec.selector.matchLabels, workloadSelector("api"));
    assert.equal(object.spec.replicas, 2);
    assert.equal(object.spec.progressDeadlineSeconds, 600);
  });

  it("is a StatefulSet that starts its pods together and names its headless Service where they do", async () => {
    const { name, object } = (await create({ stableIdentity: true })).one("StatefulSet", "api");
    assert.equal(name, "api-statefulset");
    assert.equal(object.spec.serviceName, headlessName("api"));
    assert.equal(object.spec.podManagementPolicy, "Parallel");
    assert.deepEqual(object.spec.updateStrategy, { type: "RollingUpdate" });
    assert.deepEqual(object.spec.selector.matchLabels, workloadSelector("api"));
  });

  it("leaves the storage class to the cluster where none is given", async () => {
    const recording = await create({ stableIdentity: true, claims: [{ name: "data", size: "1Gi" }] });
    const [claim] = recording.one("StatefulSet", "api").object.spec.volumeClaimTemplates;
    assert.deepEqual(claim?.spec, { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } });
  });

  it("says nothing about replicas where an autoscaler owns them", async () => {
    assert.ok(!("replicas" in (await create({ autoscaled: true })).one("Deployment", "api").object.spec));
    assert.ok(
      !("replicas" in (await create({ autoscaled: true, stableIdentity: true })).one("StatefulSet", "api").object.spec),
    );
  });

  it("may run no pods at all", async () => {
    assert.equal((await create({ replicas: 0 })).one("Deployment", "api").object.spec.replicas, 0);
  });
});
