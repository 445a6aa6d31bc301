import assert from "node:assert/strict";
import fc from "fast-check";
import type { Facts } from "../../../doctor/facts.ts";
import { diagnose } from "../../../doctor/index.ts";
import { BREAKAGES as COMMON } from "./breakages.ts";
import { DNS_POLICIES } from "./dns-policies.ts";
import { ON_CALL } from "./on-call.ts";
import { condition, firstLineAfter, healthy, setReplicas } from "./shop.ts";

const BREAKAGES = [...COMMON, ...ON_CALL, ...DNS_POLICIES];

describe("the doctor", () => {
  it("finds nothing wrong with an environment in order", () => {
    assert.deepEqual(diagnose(healthy()).causes, []);
  });

  it("does not miss what the cluster's DNS needs: it is not read", () => {
    const facts = healthy();
    const metadata = { namespace: "kube-system", name: "coredns" };
    const spec = { serviceAccountName: "coredns", volumes: [{ name: "config", configMap: { name: "coredns" } }] };
    const dns = { metadata, spec: { replicas: 1, template: { spec } }, status: { readyReplicas: 1 } };
    facts.objects.Deployment = [...(facts.objects.Deployment ?? []), dns];
    assert.deepEqual(diagnose(facts).causes, []);
  });

  it("finds nothing wrong with a preview that sleeps, though nothing of it has a pod", () => {
    const facts = healthy();
    facts.asleep = true;
    facts.objects.Pod = [];
    for (const kind of ["Deployment", "StatefulSet"] as const) setReplicas(facts, kind, 0);
    facts.conditions = [
      condition("Ready", "False", "Asleep", "It sleeps."),
      condition("Admitted", "False", "Asleep", "It sleeps."),
      condition("Asleep", "True", "Idle", "Nobody has asked."),
    ];
    assert.deepEqual(diagnose(facts).causes, []);
  });

  it("finds nothing wrong with a preview that is under way, or awake", () => {
    const facts = healthy();
    facts.conditions = [
      condition("Ready", "False", "Provisioning", "It is being brought to commit 1."),
      condition("Asleep", "False", "Awake", "It is awake."),
      condition("Expiring", "True", "ExpiresSoon", "In an hour."),
      condition("InSync", "Unknown", "NotChecked", "Later."),
    ];
    assert.deepEqual(diagnose(facts).causes, []);
  });

  for (const { name, change, firstLine } of BREAKAGES) {
    it(`names ${name} first`, () => {
      assert.match(firstLineAfter(change), firstLine);
    });
  }

  it("tells of every finding a next step and, of what the cluster has, evidence", () => {
    for (const { change, name } of BREAKAGES) {
      const facts = healthy();
      change(facts);
      for (const { finding, consequences } of diagnose(facts).causes) {
        for (const { next, says } of [finding, ...consequences]) assert.ok(next !== "" && says !== "", name);
      }
    }
  });

  it("never fails, whatever is missing of what was read", () => {
    const breakage = fc.constantFrom(...BREAKAGES);
    fc.assert(
      fc.property(breakage, fc.infiniteStream(fc.integer({ min: 0, max: 11 })), ({ change }, chance) => {
        const facts = healthy();
        change(facts);
        // Objects are others' and may lack anything; whole sources may be missing.
        const isLeftOut = () => chance.next().value === 0;
        const sources = ["calls", "secrets", "state", "locks", "downTargets", "alerts"] as const;
        const left = Object.fromEntries(sources.filter(isLeftOut).map((source) => [source, undefined]));
        diagnose({ ...facts, ...left, objects: without(facts.objects, isLeftOut) as Facts["objects"] });
      }),
      { numRuns: 500 },
    );
  });
});

/** A copy of a value without the properties that are chosen. */
function without(value: unknown, isLeftOut: () => boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => without(element, isLeftOut));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const kept = Object.entries(value).filter(() => !isLeftOut());
  return Object.fromEntries(kept.map(([key, part]) => [key, without(part, isLeftOut)]));
}
