import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type * as k8s from "@pulumi/kubernetes";
import { createPodTemplate, execProbe, httpProbe, type ContainerArgs, type PodArgs } from "../../../components/pod.ts";
import { record, valueOf } from "../mocks.ts";
import { labelsOf, RESOURCES } from "./placement.ts";

const CONTAINER: ContainerArgs = { name: "api", image: "shop/api:1.0.0", resources: RESOURCES };

async function create(args: Partial<PodArgs> = {}): Promise<k8s.types.output.core.v1.PodTemplateSpec> {
  const { result } = await record(() =>
    pulumi.output(
      createPodTemplate({
        identity: { name: "api", instance: "shop-dev", partOf: "shop", component: "backend", image: "shop/api:1.0.0" },
        container: CONTAINER,
        user: 1000,
        serviceAccountName: "shop-workload",
        ...args,
      }),
    ),
  );
  return (await valueOf(result)) as k8s.types.output.core.v1.PodTemplateSpec;
}

describe("A pod template", () => {
  it("by default is hardened, labelled and may write to /tmp only", async () => {
    const { metadata, spec } = await create();
    assert.deepEqual(metadata.labels, { ...labelsOf("api", "backend", "1.0.0"), "terrarium.dev/workload": "api" });
    assert.deepEqual(spec.securityContext, {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(spec.volumes, [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }]);
    assert.deepEqual(
      [
        spec.automountServiceAccountToken,
        spec.enableServiceLinks,
        spec.restartPolicy,
        spec.terminationGracePeriodSeconds,
      ],
      [false, false, "Always", 30],
    );
    assert.deepEqual([spec.tolerations, spec.topologySpreadConstraints], [undefined, undefined]);
  });

  it("turns variables into a list: plain ones as values, others as references", async () => {
    const secret = { secretKeyRef: { name: "db", key: "password" } };
    const { spec } = await create({ container: { ...CONTAINER, env: { A: "1", B: secret, C: pulumi.output("3") } } });
    assert.deepEqual(spec.containers[0]?.env, [
      { name: "A", value: "1" },
      { name: "B", valueFrom: secret },
      { name: "C", value: "3" },
    ]);
  });

  it("takes variables from a ConfigMap and a Secret", async () => {
    const { spec } = await create({ container: { ...CONTAINER, envFromConfigMap: "config", envFromSecret: "secret" } });
    assert.deepEqual(spec.containers[0]?.envFrom, [
      { configMapRef: { name: "config" } },
      { secretRef: { name: "secret" } },
    ]);
  });

  it("mounts volumes where they are wanted, read-only and in part where asked", async () => {
    const { spec } = await create({
      volumes: [{ name: "config", configMap: { name: "api" } }],
      container: {
        ...CONTAINER,
        mounts: [
          { volume: "config", path: "/etc/api/a.yaml", subPath: "a.yaml", readOnly: true },
          { volume: "data", path: "/data" },
        ],
      },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(spec.containers[0]?.volumeMounts)), [
      { name: "tmp", mountPath: "/tmp" },
      { name: "config", mountPath: "/etc/api/a.yaml", subPath: "a.yaml", readOnly: true },
      { name: "data", mountPath: "/data" },
    ]);
    assert.deepEqual(
      spec.volumes.map(({ name }) => name),
      ["config", "tmp"],
    );
  });

  it("has one /tmp for all its containers, which are hardened alike", async () => {
    const { spec } = await create({
      initContainers: [
        { ...CONTAINER, name: "first" },
        { ...CONTAINER, name: "second" },
      ],
    });
    assert.deepEqual(
      spec.volumes.map(({ name }) => name),
      ["tmp"],
    );
    assert.deepEqual(
      spec.initContainers.map(({ name }) => name),
      ["first", "second"],
    );
    for (const container of spec.initContainers) {
      assert.deepEqual(container.volumeMounts, [{ name: "tmp", mountPath: "/tmp" }]);
      assert.deepEqual(container.securityContext, spec.containers[0]?.securityContext);
    }
  });

  it("may run as root with a capability, in a privileged namespace, and still drops all others", async () => {
    const { spec } = await create({
      user: 0,
      everyNode: true,
      container: { ...CONTAINER, capabilities: ["DAC_READ_SEARCH"] },
    });
    assert.deepEqual(
      [spec.securityContext.runAsNonRoot, spec.containers[0]?.securityContext.runAsNonRoot],
      [false, false],
    );
    assert.deepEqual(spec.containers[0]?.securityContext.capabilities, { drop: ["ALL"], add: ["DAC_READ_SEARCH"] });
    assert.equal(spec.containers[0]?.securityContext.allowPrivilegeEscalation, false);
    assert.deepEqual(spec.tolerations, [{ operator: "Exists" }]);
  });

  it("is spread over nodes and zones where asked, without blocking a small cluster", async () => {
    const { spec } = await create({ spread: true });
    assert.deepEqual(
      spec.topologySpreadConstraints.map(({ maxSkew, topologyKey, whenUnsatisfiable }) => [
        maxSkew,
        topologyKey,
        whenUnsatisfiable,
      ]),
      [
        [1, "kubernetes.io/hostname", "ScheduleAnyway"],
        [1, "topology.kubernetes.io/zone", "ScheduleAnyway"],
      ],
    );
  });

  it("gives its container the probes it is built with", () => {
    assert.deepEqual(httpProbe("/health", "http", { periodSeconds: 5 }), {
      httpGet: { path: "/health", port: "http" },
      periodSeconds: 5,
    });
    assert.deepEqual(execProbe(["true"], { timeoutSeconds: 1 }), { exec: { command: ["true"] }, timeoutSeconds: 1 });
  });
});
