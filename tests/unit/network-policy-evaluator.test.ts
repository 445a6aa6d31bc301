import assert from "node:assert/strict";
import { isAdmitted, type Endpoint, type Policy, type Target } from "./network-policy-evaluator.ts";

const web: Endpoint = { ip: "10.244.0.1", namespace: "shop", labels: { app: "web" } };
const db: Endpoint = { ip: "10.244.0.2", namespace: "shop", labels: { app: "db" }, ports: { sql: 5432 } };
const stranger: Endpoint = { ip: "10.244.1.1", namespace: "other", labels: { app: "web" } };
const outside: Endpoint = { ip: "93.184.216.34" };
const sql: Target = { protocol: "TCP", port: 5432 };
const namespaces = { shop: { team: "a" }, other: { team: "b" } };

function admitted(specs: readonly Policy["spec"][], from: Endpoint, to: Endpoint, target = sql): boolean {
  const policies = specs.map((spec, index) => ({ metadata: { name: String(index), namespace: "shop" }, spec }));
  return isAdmitted({ policies, namespaces }, from, to, target);
}

const onDb = { podSelector: { matchLabels: { app: "db" } }, policyTypes: ["Ingress"] };

describe("The evaluator of NetworkPolicies", () => {
  it("admits everything where no policy selects the pod, or only ones of another namespace", () => {
    assert.equal(admitted([], stranger, db), true);
    assert.equal(
      admitted([{ podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] }], stranger, db),
      true,
    );
    const elsewhere = [
      { metadata: { name: "deny", namespace: "other" }, spec: { podSelector: {}, policyTypes: ["Ingress"] } },
    ];
    assert.equal(isAdmitted({ policies: elsewhere, namespaces }, web, db, sql), true);
  });

  it("closes the directions that a policy is about, and only those", () => {
    assert.equal(admitted([{ podSelector: {}, policyTypes: ["Ingress"] }], web, outside), true);
    assert.equal(admitted([{ podSelector: {}, policyTypes: ["Ingress"] }], outside, web), false);
    assert.equal(admitted([{ podSelector: {}, policyTypes: ["Egress"] }], web, outside), false);
    assert.equal(admitted([{ podSelector: {} }], outside, web), false);
    assert.equal(admitted([{ podSelector: {} }], web, outside), true);
    assert.equal(
      admitted([{ podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] }], web, outside),
      false,
    );
  });

  it("takes peers without a namespace selector from the policy's own namespace", () => {
    const policy = { ...onDb, ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }] }] };
    assert.equal(admitted([policy], web, db), true);
    assert.equal(admitted([policy], stranger, db), false);
  });

  it("takes both selectors of one peer together, and separate peers as alternatives", () => {
    const team = { matchLabels: { team: "b" } };
    const both = {
      ...onDb,
      ingress: [{ from: [{ namespaceSelector: team, podSelector: { matchLabels: { app: "api" } } }] }],
    };
    const either = {
      ...onDb,
      ingress: [{ from: [{ namespaceSelector: team }, { podSelector: { matchLabels: { app: "web" } } }] }],
    };
    assert.equal(admitted([both], stranger, db), false);
    assert.equal(admitted([either], stranger, db), true);
    assert.equal(admitted([either], web, db), true);
    const byName = {
      ...onDb,
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "other" } } }] }],
    };
    assert.equal(admitted([byName], stranger, db), true);
    assert.equal(admitted([byName], web, db), false);
  });

  it("takes empty rules, peers and ports as everything", () => {
    assert.equal(admitted([{ ...onDb, ingress: [{}] }], stranger, db), true);
    assert.equal(admitted([{ ...onDb, ingress: [{ from: [], ports: [] }] }], outside, db), true);
    assert.equal(admitted([{ ...onDb, ingress: [] }], web, db), false);
    assert.equal(
      admitted([{ ...onDb, ingress: [{ from: [{ podSelector: {} }] }] }], web, db, { protocol: "UDP", port: 1 }),
      true,
    );
  });

  it("reads ports as TCP, by number, range or name of the pod that is connected to", () => {
    const open = (port: object) => admitted([{ ...onDb, ingress: [{ ports: [port] }] }], web, db);
    assert.equal(open({ port: 5432 }), true);
    assert.equal(open({ port: 5433 }), false);
    assert.equal(open({ port: 5432, protocol: "UDP" }), false);
    assert.equal(open({ port: 5000, endPort: 6000 }), true);
    assert.equal(open({ port: 6000, endPort: 7000 }), false);
    assert.equal(open({ port: "sql" }), true);
    assert.equal(open({ port: "http" }), false);
    assert.equal(open({ protocol: "TCP" }), true);
  });

  it("cuts exceptions out of address blocks", () => {
    const egress = {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }] }],
    };
    assert.equal(admitted([egress], web, outside), true);
    assert.equal(admitted([egress], web, { ip: "10.1.2.3" }), false);
    assert.equal(admitted([egress], web, { ip: "2606:4700::1111" }), false);
  });

  it("adds policies up", () => {
    const from = (app: string) => ({ ...onDb, ingress: [{ from: [{ podSelector: { matchLabels: { app } } }] }] });
    assert.equal(admitted([from("api"), from("web"), { podSelector: {}, policyTypes: ["Ingress"] }], web, db), true);
    assert.equal(admitted([from("api"), { podSelector: {}, policyTypes: ["Ingress"] }], web, db), false);
  });

  it("needs both ends to agree", () => {
    const closedEgress = { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"] };
    assert.equal(admitted([closedEgress, { ...onDb, ingress: [{}] }], web, db), false);
  });

  it("knows every operator of a selector", () => {
    const open = (operator: string, values?: string[]) =>
      admitted(
        [
          {
            podSelector: {},
            policyTypes: ["Ingress"],
            ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: "app", operator, values }] } }] }],
          },
        ],
        web,
        db,
      );
    assert.deepEqual(
      [
        open("In", ["web"]),
        open("In", ["db"]),
        open("NotIn", ["web"]),
        open("NotIn", ["db"]),
        open("Exists"),
        open("DoesNotExist"),
      ],
      [true, false, false, true, true, false],
    );
    assert.throws(() => open("Like"), new RangeError("No such operator: Like"));
  });
});
