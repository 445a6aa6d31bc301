import assert from "node:assert/strict";
import { forwardTargets } from "../../../../cli/forwards/plan.ts";
import { resolveEnvironment } from "../../../../spec/index.ts";
import { environment, IMAGE } from "../../spec/environments.ts";

const targets = (over: object): string[] =>
  forwardTargets(resolveEnvironment(environment(over))).map(({ service, port }) => `${service}:${port}`);

describe("the ports that are forwarded", () => {
  it("are every port of every service", () => {
    const services = { api: { image: IMAGE, ports: { http: 8080, metrics: 9464 } }, web: { image: IMAGE } };
    assert.deepEqual(targets({ services, observability: { enabled: false } }), ["api:8080", "api:9464", "web:8080"]);
  });

  it("are those of the data stores' servers", () => {
    const dataStores = { db: { engine: "postgres" }, cache: { engine: "redis" } };
    assert.deepEqual(targets({ dataStores, observability: { enabled: false } }), ["db:5432", "cache:6379"]);
  });

  it("are those of the servers that people look at, as far as they run", () => {
    const observability = { enabled: true, grafana: { enabled: false } };
    assert.deepEqual(targets({ observability }), ["prometheus:9090", "loki:3100"]);
  });
});
