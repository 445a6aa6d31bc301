import assert from "node:assert/strict";
import fc from "fast-check";
import { type Matrix, type MatrixSurroundings, toMatrix, withAddresses } from "../../../netcheck/matrix.ts";
import { resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import { description, partsOf } from "../components/declared-network.ts";
import { guestbookSpec, recordEnvironment } from "../components/guestbook.ts";
import type { Policy } from "../network-policy-evaluator.ts";
import { Prediction } from "./predicted-verdicts.ts";

const API_SERVER = { cidr: "172.18.0.2/32", port: 6443 };
const OUTSIDE = { address: "203.0.113.2", ports: [443, 80] };
const FOREIGN = "canary-test-01234567";

function surroundings(existing: readonly string[], over: Partial<MatrixSurroundings> = {}): MatrixSurroundings {
  return {
    namespaces: { foreign: FOREIGN, existing },
    outside: OUTSIDE,
    apiServer: [API_SERVER],
    neighbours: {
      "beside cluster DNS": { address: "10.244.9.9", ports: [9153] },
      "beside Kubernetes API": { address: "172.18.0.2", ports: [10250] },
    },
    serviceMonitors: false,
    ...over,
  };
}

/** Checks whose expectation is not what the registered policies say. */
async function disagreements(spec: EnvironmentSpec): Promise<string[]> {
  const facts = { serviceMonitors: false, apiServer: [API_SERVER] };
  const { recording } = await recordEnvironment({ spec, facts });
  const matrix = toMatrix(
    resolveEnvironment(spec),
    surroundings(["ingress-nginx", "gateway", "monitoring", "kube-system"]),
  );
  const dnsNamespace = spec.network?.dnsNamespace ?? "kube-system";
  const apiServer = { ip: "172.18.0.2", port: API_SERVER.port };
  const policies = recording.all("NetworkPolicy").map(({ object }) => object as unknown as Policy);
  const prediction = new Prediction(matrix, { dnsNamespace, apiServer });
  return matrix.checks
    .filter((check) => (check.expected === "open") !== prediction.isOpen(check, policies))
    .map(
      ({ from, to, port, protocol, side, expected }) => `${from} > ${to}:${port}/${protocol}, ${side}: not ${expected}`,
    );
}

describe("The reachability matrix", () => {
  it("expects of every connection what the generated policies say, for any environment", async () => {
    await fc.assert(
      fc.asyncProperty(description, async (choice) => {
        assert.deepEqual(await disagreements(choice as unknown as EnvironmentSpec), []);
      }),
      { numRuns: 25 },
    );
  }).timeout(180_000);

  for (const tier of ["dev", "prod"] as const) {
    it(`expects of the guestbook in tier ${tier} what its policies say`, async () => {
      assert.deepEqual(await disagreements(guestbookSpec(tier)), []);
    });
  }

  it("has every part tried by every other, on every port that it listens on and one that nobody declares, either side", () => {
    fc.assert(
      fc.property(description, (choice) => {
        const environment = resolveEnvironment(choice);
        const { checks } = toMatrix(environment, surroundings([]));
        const parts = partsOf(choice);
        for (const to of parts) {
          const ports = Object.values(environment.services[to]?.ports ?? {});
          for (const from of parts.filter((name) => name !== to)) {
            for (const side of ["egress", "ingress"]) {
              const tried = checks
                .filter((check) => check.from === from && check.to === to && check.side === side)
                .map(({ port }) => port);
              for (const port of [...ports, 7777]) assert.ok(tried.includes(port), `${side} ${from} > ${to}:${port}`);
              const isServer = !(to in environment.services) && !to.includes("backup") && to !== "migrate";
              if (isServer) assert.ok(tried.length >= 2, `${side} ${from} > ${to}`);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  const guestbook = () => resolveEnvironment(guestbookSpec("dev"));
  const of = ({ checks }: Matrix, from: string, to: string): string[] =>
    checks
      .filter((check) => check.from === from && check.to === to)
      .map(({ port, protocol, expected }) => `${port}/${protocol} ${expected}`);

  it("tries declared connections again under the names that callers use", () => {
    const matrix = toMatrix(guestbook(), surroundings(["ingress-nginx"]));
    assert.deepEqual(of(matrix, "guestbook-backend", "service/postgres"), ["5432/TCP open"]);
    assert.deepEqual(of(matrix, "guestbook-mf", "service/postgres"), []);
    assert.deepEqual(of(matrix, "log-collector", "service/loki.guestbook-dev.svc"), ["3100/TCP open"]);
    assert.deepEqual(of(matrix, "namespace ingress-nginx", "service/guestbook-mf.guestbook-dev.svc"), [
      "8080/TCP open",
    ]);
  });

  it("opens port 443 of the world outside to those that may have it, and no other port", () => {
    const spec = guestbookSpec("dev", { services: { "guestbook-worker": { internet: true } } });
    const matrix = toMatrix(resolveEnvironment(spec), surroundings([]));
    assert.deepEqual(of(matrix, "guestbook-worker", "outside 203.0.113.2"), ["443/TCP open", "80/TCP closed"]);
    assert.deepEqual(of(matrix, "guestbook-mf", "outside 203.0.113.2"), ["443/TCP closed", "80/TCP closed"]);
    const benchmarkRange = { outside: { address: "198.18.0.1", ports: [443] } };
    const inside = toMatrix(resolveEnvironment(spec), surroundings([], benchmarkRange));
    assert.deepEqual(of(inside, "guestbook-worker", "outside 198.18.0.1"), ["443/TCP closed"]);
  });

  it("knows that an API server under a public address is open to whoever may use HTTPS, and to nobody else", () => {
    const spec = guestbookSpec("dev", { services: { "guestbook-worker": { internet: true } } });
    const to = (cidr: string, from: string): string[] =>
      of(
        toMatrix(resolveEnvironment(spec), surroundings([], { apiServer: [{ cidr, port: 443 }] })),
        from,
        "Kubernetes API",
      );
    assert.deepEqual(to("8.8.8.8/32", "guestbook-worker"), ["443/TCP open"]);
    assert.deepEqual(to("8.8.8.8/32", "guestbook-mf"), ["443/TCP closed"]);
    assert.deepEqual(to("10.0.0.1/32", "guestbook-worker"), ["443/TCP closed"]);
    assert.deepEqual(to("10.0.0.1/32", "prometheus"), ["443/TCP open"]);
  });

  it("expects rules for addresses to open pods as well that have these", () => {
    const services = { "guestbook-worker": { egress: [{ cidr: "10.244.0.0/16", ports: [9418] }], internet: true } };
    const environment = resolveEnvironment(guestbookSpec("dev", { services }));
    const matrix = toMatrix(environment, surroundings([]));
    const opened = (address: string): string[] =>
      withAddresses(matrix, environment, () => address)
        .filter(({ why }) => why === "egress" || why === "internet: true")
        .filter(({ to }) => to === "redis" || to === "another namespace")
        .map(({ from, to, port, side, expected }) => `${side} ${from} > ${to}:${port} ${expected}`);
    assert.deepEqual(opened("10.244.0.7"), [
      "egress guestbook-worker > redis:9418 open",
      "egress guestbook-worker > another namespace:9418 open",
    ]);
    assert.deepEqual(opened("8.8.8.8"), [
      "egress guestbook-worker > redis:443 open",
      "egress guestbook-worker > another namespace:443 open",
    ]);
    assert.deepEqual(opened("10.245.0.7"), []);
    assert.ok(matrix.unchecked.some(({ from, to }) => `${from} > ${to}` === "guestbook-worker > egress 10.244.0.0/16"));
  });

  it("has somebody who reaches what is closed to the environment, so that closed means closed by a policy", () => {
    const matrix = toMatrix(guestbook(), surroundings([]));
    for (const to of ["Kubernetes API", "outside 203.0.113.2"]) {
      for (const line of of(matrix, "another namespace", to)) assert.match(line, /open$/);
      assert.ok(of(matrix, "another namespace", to).length > 0);
    }
  });

  it("tries by name what has a Service, and nothing else", async () => {
    const on = { enabled: true };
    const spec = guestbookSpec("dev", {
      observability: { exporters: { kubeState: on, node: on, postgres: on, redis: on }, alertmanager: on },
    });
    const { recording } = await recordEnvironment({ spec });
    const services = recording.all("Service").map(({ object }) => object.metadata.name);
    const { checks } = toMatrix(resolveEnvironment(spec), surroundings([]));
    const names = checks.flatMap(({ target }) => (target.kind === "name" ? [target.host.split(".")[0]] : []));
    const others = [...new Set(names)].filter((name) => !services.includes(name ?? ""));
    assert.deepEqual(others, ["kubernetes"]);
    assert.ok(["postgres", "alertmanager", "loki"].every((name) => names.includes(name)));
  });

  it("says what it can't try", () => {
    const spec = guestbookSpec("dev", {
      services: { "guestbook-worker": { replicas: 0 } },
      observability: { serviceMonitors: "auto" },
    });
    const { unchecked } = toMatrix(
      resolveEnvironment(spec),
      surroundings([], { outside: { missing: "no root" }, serviceMonitors: true }),
    );
    assert.deepEqual(
      unchecked.map(({ from, to, why }) => `${from} to ${to}: ${why}`),
      [
        "namespace ingress-nginx to every part: there is no namespace ingress-nginx in this cluster",
        "namespace monitoring to every part: there is no namespace monitoring in this cluster",
        "every part to outside: no root",
        "its callers to service/guestbook-worker: it has 0 replicas",
      ],
    );
  });
});
