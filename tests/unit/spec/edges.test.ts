import assert from "node:assert/strict";
import { callablePorts, declaredEdges, resolveEnvironment } from "../../../spec/index.ts";
import { environment, IMAGE } from "./environments.ts";

const off = { observability: { enabled: false } };

/** Edges of an environment as "from > to:port,port". */
function edges(over: object): string[] {
  return declaredEdges(resolveEnvironment(environment(over))).map(
    ({ from, to, ports }) => `${from} > ${to}:${ports.join(",")}`,
  );
}

describe("Declared edges", () => {
  it("are none in an empty environment without observability", () => {
    assert.deepEqual(edges(off), []);
  });

  it("lead from callers to services and data stores on their ports, sorted", () => {
    const services = {
      web: { image: IMAGE, calls: ["db", "api", "cache"] },
      api: { image: IMAGE, ports: { http: 9000, grpc: 8500 } },
    };
    const dataStores = { db: { engine: "postgres" }, cache: { engine: "redis" } };
    assert.deepEqual(edges({ services, dataStores, ...off }), [
      "web > api:8500,9000",
      "web > cache:6379",
      "web > db:5432",
    ]);
  });

  it("lead from migrations and backups to their store", () => {
    const dataStores = { db: { engine: "postgres", backup: {} } };
    const migrations = { migrate: { dataStore: "db", image: IMAGE, command: ["migrate"] } };
    assert.deepEqual(edges({ dataStores, migrations, ...off }), ["db-backup > db:5432", "migrate > db:5432"]);
  });

  it("leave out a port that serves metrics only, except for Prometheus", () => {
    const services = {
      api: { image: IMAGE, ports: { http: 8080, metrics: 9464 }, metrics: { port: "metrics" } },
      web: { image: IMAGE, calls: ["api"], metrics: false },
    };
    const list = edges({ services, observability: { loki: { enabled: false }, grafana: { enabled: false } } });
    assert.deepEqual(list, ["prometheus > api:9464", "web > api:8080"]);
  });

  it("join the servers of the observability stack that are on", () => {
    assert.deepEqual(edges({}), [
      "grafana > loki:3100",
      "grafana > prometheus:9090",
      "prometheus > grafana:3000",
      "prometheus > loki:3100",
    ]);
    assert.deepEqual(edges({ observability: { prometheus: { enabled: false } } }), ["grafana > loki:3100"]);
    assert.deepEqual(edges({ observability: { loki: { enabled: false } } }), [
      "grafana > prometheus:9090",
      "prometheus > grafana:3000",
    ]);
  });

  it("hold for a store that is called like a property of every object", () => {
    const services = { web: { image: IMAGE, calls: ["constructor"] } };
    assert.deepEqual(edges({ services, dataStores: { constructor: { engine: "redis" } }, ...off }), [
      "web > constructor:6379",
    ]);
  });

  it("offer callers all ports of a service but one for metrics alone", () => {
    assert.deepEqual(callablePorts({ ports: { http: 2, grpc: 1 }, metrics: false }), [1, 2]);
    assert.deepEqual(callablePorts({ ports: { http: 2, grpc: 1 }, metrics: { port: "http", path: "/" } }), [1, 2]);
    assert.deepEqual(callablePorts({ ports: { http: 2, metrics: 1 }, metrics: { port: "metrics", path: "/" } }), [2]);
  });
});
