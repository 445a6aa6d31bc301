import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Service, type Connection, type ServiceArgs } from "../../../components/index.ts";
import { resolvedService } from "../spec/environments.ts";
import { generatedPassword, pathsOf, record, type Kinds, type Recording } from "../mocks.ts";
import { CLOSED, labelsOf, PLACEMENT, recorded, workloadSelector } from "./placement.ts";

const IMAGE = "registry.example.com/shop/api:1.0.0";
const GATEWAY = { name: "public", namespace: "gateway" };

function create(service: object = {}, args: Partial<ServiceArgs> = {}): Promise<Recording> {
  return recorded(
    () =>
      new Service("api", {
        placement: PLACEMENT,
        service: resolvedService(service),
        policy: CLOSED,
        checksumKey: "key",
        ...args,
      }),
  );
}

function podOf({ object }: { readonly object: Kinds["Deployment"] | Kinds["StatefulSet"] }) {
  const { metadata, spec } = object.spec.template;
  const [container] = spec.containers;
  assert.ok(container && spec.containers.length === 1);
  return { annotations: metadata.annotations, labels: metadata.labels, spec, container };
}

const connection = (ready: readonly pulumi.Resource[] = []): Connection => ({
  env: { DB_HOST: "db", DB_PORT: "5432" },
  secretEnv: { DB_PASSWORD: pulumi.secret("s3cret"), DB_URL: pulumi.secret("postgresql://app:s3cret@db:5432/app") },
  ready,
});

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
        { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
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

  it("gets its own variables, in the ConfigMap", async () => {
    const data = (await create({ env: { REGION: "eu" }, logLevel: "warn" })).one("ConfigMap", "api").object.data;
    assert.deepEqual(data, { LOG_LEVEL: "warn", PORT: "8080", REGION: "eu" });
  });

  it("gets the addresses of the services it calls", async () => {
    const data = (await create({}, { peers: { "shop-auth": 9000 } })).one("ConfigMap", "api").object.data;
    assert.equal(data["SHOP_AUTH_URL"], "http://shop-auth:9000");
  });

  it("gets a data store's address in the ConfigMap and its credentials in the Secret", async () => {
    const recording = await create({}, { connections: { db: connection() }, database: "db" });
    assert.deepEqual(recording.one("ConfigMap", "api").object.data, {
      LOG_LEVEL: "debug",
      PORT: "8080",
      DB_HOST: "db",
      DB_PORT: "5432",
    });
    assert.deepEqual(recording.one("Secret", "api").object.stringData, {
      DB_PASSWORD: "s3cret",
      DB_URL: "postgresql://app:s3cret@db:5432/app",
      DATABASE_URL: "postgresql://app:s3cret@db:5432/app",
    });
    const { container } = podOf(recording.one("Deployment", "api"));
    assert.deepEqual(container.envFrom, [{ configMapRef: { name: "api" } }, { secretRef: { name: "api" } }]);
    assert.deepEqual(
      recording
        .objects()
        .filter(({ object }) => pathsOf(object, "s3cret").length > 0)
        .map(({ name }) => name),
      ["api-secret"],
    );
  });

  it("gets no DATABASE_URL where it isn't said which database is meant", async () => {
    const { stringData } = (await create({}, { connections: { db: connection() } })).one("Secret", "api").object;
    assert.deepEqual(Object.keys(stringData).sort(), ["DB_PASSWORD", "DB_URL"]);
  });

  it("gets generated secrets of the wanted length, each its own", async () => {
    const recording = await create({ secrets: { TOKEN: { generate: { length: 64 } }, token: { generate: {} } } });
    assert.deepEqual(recording.one("Secret", "api").object.stringData, {
      TOKEN: generatedPassword("api-TOKEN", 64),
      token: generatedPassword("api-token"),
    });
    assert.deepEqual(recording.generated(), ["api-TOKEN", "api-token"]);
  });

  it("gets secrets from the stack's configuration, which are kept secret even when they come in the clear", async () => {
    const recording = await create(
      { secrets: { TOKEN: { config: "token" } } },
      { secretValues: { token: "from-config" } },
    );
    const secret = recording.one("Secret", "api");
    assert.deepEqual(secret.object.stringData, { TOKEN: "from-config" });
    assert.deepEqual(secret.secretPaths, ["stringData"]);
  });

  it("is refused where the stack's configuration lacks one of its secrets", async () => {
    await assert.rejects(create({ secrets: { TOKEN: { config: "token" } } }), {
      name: "Error",
      message: 'services.api.secrets.TOKEN: secretValues has no key "token"',
    });
  });

  it("waits for its configuration, its data stores and the services it starts after", async () => {
    const recording = await recorded(() => {
      const store = new random.RandomBytes("db", { length: 16 });
      const other = new random.RandomBytes("other", { length: 16 });
      new Service("api", {
        placement: PLACEMENT,
        service: resolvedService({ secrets: { TOKEN: { config: "token" } } }),
        policy: CLOSED,
        checksumKey: "key",
        secretValues: { token: "x" },
        connections: { db: connection([store]) },
        startAfter: [other],
      });
    });
    const { dependsOn } = recording.one("Deployment", "api");
    assert.deepEqual(dependsOn, ["api-config", "api-secret", "db", "other"]);
  });

  it("with autoscaling leaves the number of replicas to the autoscaler", async () => {
    const recording = await create({ replicas: 2, scaling: { maxReplicas: 6, targetCpuPercent: 70 } });
    assert.ok(!("replicas" in recording.one("Deployment", "api").object.spec));
    assert.deepEqual(recording.one("HorizontalPodAutoscaler", "api").object.spec, {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
      ],
    });
  });

  it("with autoscaling and a stable identity scales the StatefulSet", async () => {
    const recording = await create({ identity: "stable", scaling: { minReplicas: 2, maxReplicas: 6 } });
    assert.ok(!("replicas" in recording.one("StatefulSet", "api").object.spec));
    const { scaleTargetRef, minReplicas } = recording.one("HorizontalPodAutoscaler", "api").object.spec;
    assert.deepEqual([scaleTargetRef.kind, minReplicas], ["StatefulSet", 2]);
  });

  it("that is exposed has a route where there is a gateway, and else none", async () => {
    const expose = { hostnames: ["api.example.com"], paths: ["/v1", "/v2"] };
    assert.deepEqual((await create({ expose })).all("HTTPRoute"), []);
    assert.deepEqual((await create({}, { gateway: GATEWAY })).all("HTTPRoute"), []);
    const route = (await create({ expose }, { gateway: GATEWAY })).one("HTTPRoute", "api").object;
    assert.equal(route.apiVersion, "gateway.networking.k8s.io/v1");
    assert.deepEqual(route.spec, {
      parentRefs: [{ name: "public", namespace: "gateway" }],
      hostnames: ["api.example.com"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/v1" } }, { path: { type: "PathPrefix", value: "/v2" } }],
          backendRefs: [{ name: "api", port: 8080 }],
        },
      ],
    });
  });

  it("that is exposed on another port routes there; without host names to all that the gateway has", async () => {
    const service = { ports: { http: 8080, web: 9090 }, expose: { port: "web" } };
    const route = (await create(service, { gateway: { ...GATEWAY, sectionName: "https" } })).one(
      "HTTPRoute",
      "api",
    ).object;
    assert.deepEqual(route.spec, {
      parentRefs: [{ name: "public", namespace: "gateway", sectionName: "https" }],
      rules: [{ matches: [{ path: { type: "PathPrefix", value: "/" } }], backendRefs: [{ name: "api", port: 9090 }] }],
    });
  });

  it("has a ServiceMonitor where the cluster knows them, which finds its one client Service", async () => {
    assert.deepEqual((await create()).all("ServiceMonitor"), []);
    const service = {
      identity: "stable",
      ports: { http: 8080, metrics: 9464 },
      metrics: { port: "metrics", path: "/stats" },
    };
    const recording = await create(service, { serviceMonitor: true });
    const monitor = recording.one("ServiceMonitor", "api").object;
    assert.equal(monitor.apiVersion, "monitoring.coreos.com/v1");
    assert.deepEqual(monitor.spec, {
      selector: { matchLabels: workloadSelector("api") },
      endpoints: [{ port: "metrics", path: "/stats" }],
    });
    const selected = recording
      .all("Service")
      .filter(({ object }) =>
        Object.entries(workloadSelector("api")).every(([key, value]) => object.metadata.labels[key] === value),
      );
    assert.deepEqual(
      selected.map(({ object }) => object.metadata.name),
      ["api"],
    );
  });

  it("without metrics has neither annotations nor a ServiceMonitor", async () => {
    const recording = await create({ metrics: false }, { serviceMonitor: true });
    assert.deepEqual(recording.all("ServiceMonitor"), []);
    assert.deepEqual(Object.keys(podOf(recording.one("Deployment", "api")).annotations), ["checksum/config"]);
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

  it("puts its http port first, whatever the order it was given in, and opens only that one on nodes", async () => {
    const recording = await create({ ports: { admin: 9000, http: 8080 }, nodePort: 30080 });
    const { spec } = recording.one("Service", "api").object;
    assert.equal(spec.type, "NodePort");
    assert.deepEqual(spec.ports, [
      { name: "http", port: 8080, targetPort: "http", protocol: "TCP", nodePort: 30080 },
      { name: "admin", port: 9000, targetPort: "admin", protocol: "TCP" },
    ]);
    assert.deepEqual(podOf(recording.one("Deployment", "api")).container.ports, [
      { name: "http", containerPort: 8080 },
      { name: "admin", containerPort: 9000 },
    ]);
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

describe("A service's checksums", () => {
  const checksums = async (service: object, args: Partial<ServiceArgs> = {}) => {
    const { annotations } = podOf((await create(service, args)).one("Deployment", "api"));
    return { config: annotations["checksum/config"], secret: annotations["checksum/secret"] };
  };
  const secret = { secrets: { TOKEN: { config: "token" } } };
  const withToken = (token: string, checksumKey = "key") => checksums(secret, { secretValues: { token }, checksumKey });

  it("change with the configuration and the secrets, each alone", async () => {
    const before = await withToken("a");
    const otherConfig = await checksums({ ...secret, env: { A: "b" } }, { secretValues: { token: "a" } });
    const otherSecret = await withToken("b");
    assert.notEqual(otherConfig.config, before.config);
    assert.equal(otherConfig.secret, before.secret);
    assert.equal(otherSecret.config, before.config);
    assert.notEqual(otherSecret.secret, before.secret);
  });

  it("stay as they are when nothing changes", async () => {
    assert.deepEqual(await withToken("a"), await withToken("a"));
  });

  it("of secrets are keyed, so that short secrets can't be tried out against them", async () => {
    assert.notEqual((await withToken("a", "key")).secret, (await withToken("a", "another")).secret);
    assert.match(String((await withToken("a")).secret), /^[0-9a-f]{64}$/);
  });

  it("of secrets are there only where there are secrets", async () => {
    assert.equal((await checksums({})).secret, undefined);
  });
});
