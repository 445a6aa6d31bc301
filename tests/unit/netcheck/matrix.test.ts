import assert from "node:assert/strict";
import fc from "fast-check";
import { type Check, type Matrix, type MatrixSurroundings, toMatrix } from "../../../netcheck/matrix.ts";
import { resolveEnvironment, type EnvironmentSpec } from "../../../spec/index.ts";
import { description, partsOf } from "../components/declared-network.ts";
import { guestbookSpec, recordEnvironment } from "../components/guestbook.ts";
import type { Recording } from "../mocks.ts";
import { type Endpoint, isAdmitted, type Policy, type PolicyWorld } from "../network-policy-evaluator.ts";

const API_SERVER = { cidr: "172.18.0.2/32", port: 6443 };
const OUTSIDE = { address: "203.0.113.2", ports: [443, 80] };
const FOREIGN = "canary-test-01234567";

function surroundings(existing: readonly string[], over: Partial<MatrixSurroundings> = {}): MatrixSurroundings {
  return {
    namespaces: { foreign: FOREIGN, existing },
    outside: OUTSIDE,
    apiServer: [API_SERVER],
    serviceMonitors: false,
    ...over,
  };
}

/** What the policies that the program registers say about a check. */
function isOpen(check: Check, matrix: Matrix, world: PolicyWorld, spec: EnvironmentSpec): boolean {
  const roles = new Map(
    matrix.roles.map(({ name, namespace, labels }, index): [string, Endpoint] => [
      name,
      { ip: `10.244.0.${index + 1}`, namespace, labels: { ...labels, app: "canary" } },
    ]),
  );
  const from = roles.get(check.from) ?? assert.fail(check.from);
  const to = ((): Endpoint => {
    const { target } = check;
    switch (target.kind) {
      case "canary":
        return roles.get(target.role) ?? assert.fail(target.role);
      case "address":
        return { ip: target.host };
      case "resolver":
        return { ip: "10.244.9.9", namespace: spec.network?.dnsNamespace ?? "kube-system", labels: {} };
      case "name":
        if (target.host === "kubernetes.default.svc") return { ip: "172.18.0.2" };
        return roles.get(target.host.split(".")[0] ?? "") ?? assert.fail(target.host);
    }
  })();
  const port = to.ip === "172.18.0.2" ? API_SERVER.port : check.port;
  return isAdmitted(world, from, to, { protocol: check.protocol, port });
}

function worldOf(recording: Recording): PolicyWorld {
  return {
    policies: recording.all("NetworkPolicy").map(({ object }) => object as unknown as Policy),
    namespaces: {},
  };
}

/** Checks whose expectation is not what the registered policies say. */
async function disagreements(spec: EnvironmentSpec): Promise<string[]> {
  const facts = { serviceMonitors: false, apiServer: [API_SERVER] };
  const { recording } = await recordEnvironment({ spec, facts });
  const world = worldOf(recording);
  const matrix = toMatrix(
    resolveEnvironment(spec),
    surroundings(["ingress-nginx", "gateway", "monitoring", "kube-system"]),
  );
  return matrix.checks
    .filter((check) => (check.expected === "open") !== isOpen(check, matrix, world, spec))
    .map(({ from, to, port, protocol, expected }) => `${from} > ${to}:${port}/${protocol} is not ${expected}`);
}

describe("The reachability matrix", () => {
  it("expects of every connection what the generated policies say, for any environment", async () => {
    await fc.assert(
      fc.asyncProperty(description, async (choice) => {
        assert.deepEqual(await disagreements(choice as unknown as EnvironmentSpec), []);
      }),
      { numRuns: 25 },
    );
  }).timeout(60_000);

  for (const tier of ["dev", "prod"] as const) {
    it(`expects of the guestbook in tier ${tier} what its policies say`, async () => {
      assert.deepEqual(await disagreements(guestbookSpec(tier)), []);
    });
  }

  it("has every part, on every port that it listens on, tried by every other part", () => {
    fc.assert(
      fc.property(description, (choice) => {
        const environment = resolveEnvironment(choice);
        const { checks } = toMatrix(environment, surroundings([]));
        const parts = partsOf(choice);
        for (const to of parts) {
          const ports = Object.values(environment.services[to]?.ports ?? {});
          for (const from of parts.filter((name) => name !== to)) {
            const tried = checks.filter((check) => check.from === from && check.to === to).map(({ port }) => port);
            if (to in environment.services) assert.deepEqual(tried.sort(), ports.sort(), `${from} > ${to}`);
            else if (to.includes("backup") || to === "migrate") assert.deepEqual(tried, []);
            else assert.equal(tried.length, 1, `${from} > ${to}`);
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

  it("has somebody who reaches what is closed to the environment, so that closed means closed by a policy", () => {
    const matrix = toMatrix(guestbook(), surroundings([]));
    for (const to of ["Kubernetes API", "outside 203.0.113.2"]) {
      for (const line of of(matrix, "another namespace", to)) assert.match(line, /open$/);
      assert.ok(of(matrix, "another namespace", to).length > 0);
    }
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
        "every part to the world outside: no root",
        "its callers to service/guestbook-worker: it has 0 replicas",
      ],
    );
  });
});
