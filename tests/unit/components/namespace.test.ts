import assert from "node:assert/strict";
import { Namespace, type NamespaceArgs } from "../../../components/index.ts";
import { record } from "../mocks.ts";
import { labelsOf } from "./placement.ts";

const ARGS: NamespaceArgs = {
  namespace: "shop-dev",
  environment: "shop-dev",
  application: "shop",
  tier: "dev",
  serviceAccountName: "shop-workload",
};

async function create(args: Partial<NamespaceArgs> = {}) {
  const { result, recording } = await record(() => new Namespace("shop", { ...ARGS, ...args }));
  return { target: result.target, recording };
}

describe("A namespace", () => {
  it("by default enforces Pod Security restricted and has a service account without a token", async () => {
    const { recording } = await create();
    assert.deepEqual(recording.names(), ["Namespace shop-dev", "ServiceAccount shop-workload"]);
    const { metadata } = recording.one("Namespace", "shop-dev").object;
    assert.deepEqual(metadata.labels, {
      ...labelsOf("shop-dev", "namespace"),
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/enforce-version": "v1.34",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/audit-version": "v1.34",
      "pod-security.kubernetes.io/warn": "restricted",
      "pod-security.kubernetes.io/warn-version": "v1.34",
    });
    assert.equal(recording.one("ServiceAccount", "shop-workload").object.automountServiceAccountToken, false);
    assert.equal(recording.one("Namespace", "shop-dev").protect, false);
  });

  it("tells components where to put their objects and what pods wait for", async () => {
    const { target, recording } = await create();
    const { namespaceResource, podPrerequisites, ...plain } = target;
    assert.deepEqual(plain, {
      namespace: "shop-dev",
      environment: "shop-dev",
      application: "shop",
      tier: "dev",
      serviceAccountName: "shop-workload",
    });
    assert.ok(namespaceResource);
    assert.equal(podPrerequisites?.length, 1);
    assert.deepEqual(recording.named("shop").outputs, { namespace: "shop-dev" });
  });

  it("may admit privileged pods, without complaining about each", async () => {
    const { recording } = await create({ podSecurity: "privileged" });
    const security = Object.entries(recording.one("Namespace", "shop-dev").object.metadata.labels).filter(([key]) =>
      key.startsWith("pod-security"),
    );
    assert.deepEqual(Object.fromEntries(security), {
      "pod-security.kubernetes.io/enforce": "privileged",
      "pod-security.kubernetes.io/enforce-version": "v1.34",
    });
  });

  it("with a quota caps the whole, and gives containers without limits those of the tier", async () => {
    const { recording, target } = await create({ quota: { cpu: "4", memory: "8Gi", storage: "100Gi", pods: 40 } });
    assert.deepEqual(recording.one("ResourceQuota", "quota").object.spec.hard, {
      "limits.cpu": "4",
      "limits.memory": "8Gi",
      "requests.storage": "100Gi",
      pods: "40",
    });
    assert.deepEqual(recording.one("LimitRange", "limits").object.spec.limits, [
      {
        type: "Container",
        default: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "1Gi" },
        defaultRequest: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "64Mi" },
      },
    ]);
    assert.equal(target.podPrerequisites?.length, 3);
  });

  it("with a quota of one thing caps nothing else", async () => {
    const { recording } = await create({ quota: { pods: 5 } });
    assert.deepEqual(recording.one("ResourceQuota", "quota").object.spec.hard, { pods: "5" });
  });

  it("can be protected from a destroy", async () => {
    assert.equal((await create({ protect: true })).recording.one("Namespace", "shop-dev").protect, true);
  });
});
