import assert from "node:assert/strict";
import fc from "fast-check";
import { type Connection, connectionsOf, without } from "../../../../cli/check/connections.ts";
import type { KubeManifest } from "../../../../cli/rendered-object.ts";
import {
  admits,
  type Endpoint,
  type Policy,
  type PolicyPeer,
  type PolicyPort,
} from "../../network-policy-evaluator.ts";

const PORTS = [8080, 9090];

function workload(name: string, namespace = "shop"): KubeManifest {
  const ports = PORTS.map((containerPort, index) => ({ name: `port-${index}`, containerPort }));
  const template = { metadata: { labels: { name } }, spec: { containers: [{ name, ports }] } };
  const manifest = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec: { template } };
  return manifest;
}

function policy(name: string, spec: Policy["spec"], namespace = "shop"): KubeManifest & Policy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace }, spec };
}

const closed = policy("closed", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
const to = (name: string): PolicyPeer => ({ podSelector: { matchLabels: { name } } });

function lines(connections: readonly Connection[]): string[] {
  return connections.map(({ from, to, port }) => `${from} -> ${to} ${port}`);
}

describe("the connections that network policies admit", () => {
  it("are all where there is no policy, and none where one denies everything", () => {
    const both = [workload("a"), workload("b")];
    assert.ok(lines(connectionsOf(both)).includes("shop/a -> shop/b TCP, any port"));
    assert.ok(lines(connectionsOf(both)).includes("anyone -> shop/a any port"));
    assert.deepEqual(connectionsOf([...both, closed]), []);
  });

  it("are open where both ends admit them, under the numbers of named ports", () => {
    const leaving = policy("a", {
      podSelector: { matchLabels: { name: "a" } },
      policyTypes: ["Egress"],
      egress: [{ to: [to("b")] }],
    });
    const entering = policy("b", {
      podSelector: { matchLabels: { name: "b" } },
      ingress: [{ from: [to("a")], ports: [{ port: "port-1" }] }],
    });
    const objects = [workload("a"), workload("b"), closed];
    assert.deepEqual(connectionsOf([...objects, leaving]), []);
    assert.deepEqual(lines(connectionsOf([...objects, leaving, entering])), ["shop/a -> shop/b TCP 9090"]);
  });

  it("name who is outside as the policies do", () => {
    const opening = policy("a", {
      podSelector: {},
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateway" } } }],
          ports: [{ port: 8080 }],
        },
      ],
      egress: [
        { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }], ports: [{ port: 443 }] },
        { ports: [{ port: 53, protocol: "UDP" }] },
      ],
    });
    assert.deepEqual(lines(connectionsOf([workload("a"), closed, opening])), [
      "namespace gateway -> shop/a TCP 8080",
      "shop/a -> 0.0.0.0/0 except 10.0.0.0/8 TCP 443",
      "shop/a -> anyone UDP 53",
    ]);
  });

  it("of two states differ in those that were opened and closed", () => {
    const one = { from: "a", to: "b", port: "TCP 80" };
    const other = { from: "a", to: "c", port: "TCP 80" };
    assert.deepEqual(without([one, other], [other]), [one]);
  });

  it("between workloads are those that another reading of the specification admits", () => {
    const names = ["a", "b", "c"];
    const peer = fc.constantFrom<PolicyPeer>(...names.map(to), { podSelector: {} }, { namespaceSelector: {} });
    const port = fc.constantFrom<PolicyPort>(
      { port: 8080 },
      { port: "port-1" },
      { port: 9000, endPort: 9100 },
      { protocol: "UDP" },
      {},
    );
    const peers = fc.array(peer, { maxLength: 2 });
    const ports = fc.array(port, { maxLength: 2 });
    const spec = fc.record({
      podSelector: fc.constantFrom({}, ...names.map((name) => ({ matchLabels: { name } }))),
      policyTypes: fc.constantFrom(undefined, ["Ingress"], ["Egress"], ["Ingress", "Egress"]),
      ingress: fc.array(fc.record({ from: peers, ports }), { maxLength: 2 }),
      egress: fc.array(fc.record({ to: peers, ports }), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 4 }), (specs) => {
        const policies = specs.map(({ policyTypes, ...rest }, index) =>
          policy(`p${index}`, { ...rest, ...(policyTypes ? { policyTypes } : {}) }),
        );
        const open = lines(connectionsOf([...names.map((name) => workload(name)), ...policies]));
        const world = { policies, namespaces: { shop: {} } };
        const end = (name: string): Endpoint => ({
          ip: "10.0.0.1",
          namespace: "shop",
          labels: { name },
          ports: Object.fromEntries(PORTS.map((number, index) => [`port-${index}`, number])),
        });
        for (const from of names) {
          for (const server of names.filter((name) => name !== from)) {
            for (const number of PORTS) {
              const target = { protocol: "TCP", port: number } as const;
              const expected =
                admits(world, "Egress", end(from), end(server), target) &&
                admits(world, "Ingress", end(server), end(from), target);
              const edge = `shop/${from} -> shop/${server} TCP`;
              const got = open.includes(`${edge} ${number}`) || open.includes(`${edge}, any port`);
              assert.equal(got, expected, `${edge} ${number} of ${JSON.stringify(specs)}`);
            }
          }
        }
      }),
    );
  });
});
