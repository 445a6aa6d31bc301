import assert from "node:assert/strict";
import { create, podOf } from "./created-service.ts";
import { workloadSelector } from "./placement.ts";

const GATEWAY = { name: "public", namespace: "gateway" };

describe("A service", () => {
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
});
