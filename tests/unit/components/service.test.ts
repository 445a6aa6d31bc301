import assert from "node:assert/strict";
import { Service } from "../../../components/index.ts";
import { resolvedService } from "../spec/environments.ts";
import { record } from "../mocks.ts";
import { create, podOf } from "./created-service.ts";
import { CLOSED, labelsOf, PLACEMENT, workloadSelector } from "./placement.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";

describe("A service by default", () => {
  it("is a Deployment with its Service, ConfigMap, NetworkPolicy and disruption budget", async () => {
    assert.deepEqual((await create()).names(), [
      "ConfigMap api",
      "Deployment api",
      "NetworkPolicy api",
      "PodDisruptionBudget api",
      "Service api",
    ]);
  });

  it("runs one hardened container with the probes, resources and variables of its tier", async () => {
    const { spec, container, labels } = podOf((await create()).one("Deployment", "api"));
    assert.deepEqual(labels, { ...labelsOf("api", "service", "1.0.0"), "terrarium.dev/workload": "api" });
    assert.deepEqual(container, {
      name: "api",
      image: IMAGE,
      imagePullPolicy: "IfNotPresent",
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
      env: [
        { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
        { name: "POD_NAMESPACE", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } } },
      ],
      envFrom: [{ configMapRef: { name: "api" } }],
      ports: [{ name: "http", containerPort: 8080 }],
      resources: {
        requests: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "64Mi" },
        limits: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "1Gi" },
      },
      volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      livenessProbe: {
        httpGet: { path: "/health", port: "http" },
        initialDelaySeconds: 30,
        periodSeconds: 10,
        timeoutSeconds: 3,
        failureThreshold: 3,
      },
      readinessProbe: {
        httpGet: { path: "/ready", port: "http" },
        initialDelaySeconds: 5,
        periodSeconds: 5,
        timeoutSeconds: 3,
        failureThreshold: 3,
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
      },
    });
    assert.equal(spec.securityContext.runAsUser, 65532);
    assert.equal(spec.serviceAccountName, "shop-workload");
    assert.equal(spec.automountServiceAccountToken, false);
    assert.ok(!("topologySpreadConstraints" in spec));
  });

  it("rolls out one pod more before it takes one away", async () => {
    const { spec } = (await create()).one("Deployment", "api").object;
    assert.equal(spec.replicas, 1);
    assert.deepEqual(spec.selector, { matchLabels: workloadSelector("api") });
    assert.deepEqual(spec.strategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    assert.deepEqual([spec.revisionHistoryLimit, spec.progressDeadlineSeconds], [3, 600]);
  });

  it("goes on serving for a moment after it was told to end, for half of its grace period at most", async () => {
    for (const [grace, seconds] of [
      [30, 5],
      [4, 2],
    ] as const) {
      const { container } = podOf((await create({ terminationGracePeriodSeconds: grace })).one("Deployment", "api"));
      assert.deepEqual(container.lifecycle, { preStop: { sleep: { seconds } } });
    }
    const recording = await create({ terminationGracePeriodSeconds: 1 });
    assert.equal(podOf(recording.one("Deployment", "api")).container.lifecycle, undefined);
  });

  it("is told its log level and port, and no secret", async () => {
    assert.deepEqual((await create()).one("ConfigMap", "api").object.data, { LOG_LEVEL: "debug", PORT: "8080" });
  });

  it("is found by Prometheus through annotations of its pods", async () => {
    const { annotations } = podOf((await create()).one("Deployment", "api"));
    assert.deepEqual(Object.keys(annotations).sort(), [
      "checksum/config",
      "prometheus.io/path",
      "prometheus.io/port",
      "prometheus.io/scrape",
    ]);
    assert.deepEqual(
      [annotations["prometheus.io/path"], annotations["prometheus.io/port"], annotations["prometheus.io/scrape"]],
      ["/metrics", "8080", "true"],
    );
  });

  it("keeps one pod through a node drain, and lets broken pods be evicted", async () => {
    assert.deepEqual((await create()).one("PodDisruptionBudget", "api").object.spec, {
      minAvailable: 1,
      selector: { matchLabels: workloadSelector("api") },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
  });

  it("says where it is, and what to wait for", async () => {
    const { result, recording } = await record(
      () =>
        new Service("api", { placement: PLACEMENT, service: resolvedService({}), policy: CLOSED, checksumKey: "key" }),
    );
    assert.equal(result.url, "http://api:8080");
    assert.deepEqual(recording.named("api").outputs, { url: "http://api:8080" });
    assert.deepEqual(recording.one("Deployment", "api").dependsOn, ["api-config"]);
  });
});

describe("A service", () => {
  it("with a stable identity is a StatefulSet with a headless Service, also without volumes", async () => {
    const recording = await create({ identity: "stable" });
    assert.deepEqual(
      recording.names().filter((name) => /Set|Deployment|Service /.test(name)),
      ["Service api", "Service api-headless", "StatefulSet api"],
    );
    const { spec } = recording.one("StatefulSet", "api").object;
    assert.equal(spec.serviceName, "api-headless");
    assert.deepEqual(spec.volumeClaimTemplates, []);
  });

  it("with a volume is a StatefulSet whose pods each mount a claim of that size and class", async () => {
    const volumes = [{ name: "keys", mountPath: "/keys", size: "2Gi", storageClass: "fast" }];
    const statefulSet = (await create({ volumes })).one("StatefulSet", "api");
    assert.deepEqual(statefulSet.object.spec.volumeClaimTemplates, [
      {
        metadata: { name: "keys", labels: workloadSelector("api") },
        spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "2Gi" } } },
      },
    ]);
    const { container, spec } = podOf(statefulSet);
    assert.deepEqual(container.volumeMounts, [
      { name: "tmp", mountPath: "/tmp" },
      { name: "keys", mountPath: "/keys" },
    ]);
    assert.deepEqual(
      spec.volumes.map(({ name }) => name),
      ["tmp"],
    );
  });

  it("with more than one replica is spread over nodes and zones", async () => {
    const { spec } = podOf((await create({ replicas: 3 })).one("Deployment", "api"));
    assert.deepEqual(
      spec.topologySpreadConstraints.map(({ topologyKey, labelSelector }) => [topologyKey, labelSelector.matchLabels]),
      [
        ["kubernetes.io/hostname", workloadSelector("api")],
        ["topology.kubernetes.io/zone", workloadSelector("api")],
      ],
    );
  });

  it("that asks for a token has a service account of its own", async () => {
    const recording = await create({ serviceAccountToken: true });
    const { spec } = podOf(recording.one("Deployment", "api"));
    assert.deepEqual([spec.serviceAccountName, spec.automountServiceAccountToken], ["api", true]);
    assert.equal(recording.one("ServiceAccount", "api").object.automountServiceAccountToken, false);
    assert.ok(recording.one("Deployment", "api").dependsOn.includes("api-service-account"));
  });

  it("keeps to its command, user, grace period, rollout, budget and startup probe", async () => {
    const recording = await create({
      command: ["node"],
      args: ["main.js"],
      user: 1000,
      terminationGracePeriodSeconds: 5,
      rollout: { maxUnavailable: 1, maxSurge: 2 },
      disruption: { minAvailable: 2 },
      probes: { startup: { failureThreshold: 30 } },
    });
    const deployment = recording.one("Deployment", "api");
    const { spec, container } = podOf(deployment);
    assert.deepEqual([container.command, container.args], [["node"], ["main.js"]]);
    assert.deepEqual(
      [spec.securityContext.runAsUser, spec.securityContext.runAsGroup, spec.securityContext.fsGroup],
      [1000, 1000, 1000],
    );
    assert.equal(spec.terminationGracePeriodSeconds, 5);
    assert.deepEqual(deployment.object.spec.strategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 2 });
    assert.equal(recording.one("PodDisruptionBudget", "api").object.spec.minAvailable, 2);
    assert.deepEqual(container.startupProbe, {
      httpGet: { path: "/health", port: "http" },
      initialDelaySeconds: 0,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 30,
    });
  });

  it("registers the policy it is given, for its pods", async () => {
    const policy = {
      ...CLOSED,
      podSelector: { matchLabels: { a: "b" } },
      egress: [{ to: [{ podSelector: {} }], ports: [] }],
    };
    const { spec, metadata } = (await create({}, { policy })).one("NetworkPolicy", "api").object;
    assert.deepEqual(spec, policy);
    assert.deepEqual(metadata.labels, labelsOf("api", "service", "1.0.0"));
  });
});
