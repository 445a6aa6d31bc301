import assert from "node:assert/strict";
import { createClientServices, type ClientServicesArgs } from "../../../components/client-services.ts";
import { labelsOf, recorded, workloadSelector } from "./placement.ts";

const IDENTITY = { name: "api", instance: "shop-dev", partOf: "shop", component: "backend" };

function create(args: Partial<ClientServicesArgs> = {}) {
  return recorded(() =>
    createClientServices(
      "api",
      {
        identity: IDENTITY,
        metadata: (name, annotations) => ({
          name,
          namespace: "shop-dev",
          labels: labelsOf("api", "backend"),
          annotations,
        }),
        ports: { http: 8080, grpc: 9000 },
        stableIdentity: false,
        ...args,
      },
      {},
    ),
  );
}

describe("The Services in front of a workload", () => {
  it("are by default one ClusterIP Service whose ports are the container's", async () => {
    const recording = await create();
    assert.deepEqual(recording.names(), ["Service api"]);
    assert.deepEqual(recording.one("Service", "api").object.spec, {
      type: "ClusterIP",
      selector: workloadSelector("api"),
      ports: [
        { name: "http", port: 8080, targetPort: "http", protocol: "TCP" },
        { name: "grpc", port: 9000, targetPort: "grpc", protocol: "TCP" },
      ],
    });
  });

  it("are joined by a headless one where pods have names of their own, which only differs in its address", async () => {
    const recording = await create({ stableIdentity: true, nodePort: 30001 });
    const headless = recording.one("Service", "api-headless").object;
    assert.deepEqual(headless.spec, {
      clusterIP: "None",
      selector: workloadSelector("api"),
      ports: [
        { name: "http", port: 8080, targetPort: "http", protocol: "TCP" },
        { name: "grpc", port: 9000, targetPort: "grpc", protocol: "TCP" },
      ],
    });
    assert.ok(!("terrarium.dev/workload" in headless.metadata.labels), "a ServiceMonitor would scrape each pod twice");
    assert.equal(recording.one("Service", "api").object.metadata.labels["terrarium.dev/workload"], "api");
  });

  it("open the first port on nodes, at a given number or at one the cluster picks", async () => {
    const given = (await create({ nodePort: 30001 })).one("Service", "api").object.spec;
    assert.equal(given.type, "NodePort");
    assert.deepEqual(
      given.ports.map((port) => port.nodePort),
      [30001, undefined],
    );
    const picked = (await create({ nodePort: true })).one("Service", "api").object.spec;
    assert.equal(picked.type, "NodePort");
    assert.deepEqual(
      picked.ports.map((port) => port.nodePort),
      [undefined, undefined],
    );
  });

  it("are not waited for: the workload proves that they have endpoints", async () => {
    for (const { object } of (await create({ stableIdentity: true })).all("Service")) {
      assert.equal(object.metadata.annotations["pulumi.com/skipAwait"], "true", object.metadata.name);
    }
  });
});
