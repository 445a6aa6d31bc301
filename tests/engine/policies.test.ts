import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { manifestFiles } from "../../cli/checks/kubeconform.ts";
import { evaluate, findingsOf } from "../../policies/evaluate.ts";
import { KubeObject } from "../../policies/kube-object.ts";
import { RULES } from "../../policies/rules.ts";
import { Stack } from "../../policies/stack.ts";
import { waiversOf } from "../../policies/waivers.ts";
import { TIERS, type Tier } from "../../spec/index.ts";
import { COMPLETE, writeCompleteStack } from "./complete-stack.ts";
import { sharedCheckout } from "./fixtures.ts";
import { mutationsOf, type Manifest } from "./manifest-mutations.ts";

const TODAY = "2026-11-21";

/** Rules that no rendered manifest can break by one change: what they look at is not in there, or is there twice. */
const NOT_MUTATED = ["allowed-registries", "network-policy-coverage", "no-changes-outside-the-program"];

/** Stacks that are rendered, with their tiers. */
const STACKS: readonly (readonly [stack: string, tier: Tier])[] = [
  ...TIERS.map((tier) => [tier, tier] as const),
  [COMPLETE, "prod"],
];

/** Kinds that are let off rules, with the rules. */
const WAIVERS = {
  logCollector: [
    "DaemonSet pod-security-capabilities",
    "DaemonSet pod-security-non-root",
    "DaemonSet pod-security-user",
    "DaemonSet pod-security-volumes",
    "Namespace namespace-pod-security",
  ],
  exporters: Array<string>(3).fill("Deployment replicas-in-production"),
};

describe("the policy pack on what is rendered", () => {
  const rendered: Record<string, Manifest[]> = {};

  before(async () => {
    writeCompleteStack(sharedCheckout());
    for (const [stack] of STACKS) {
      const out = join(sharedCheckout().folder, ".terrarium/policies", stack);
      await sharedCheckout().must(["render", "--stack", stack, "--out", out]);
      rendered[stack] = manifestFiles(out).map((file) => parse(readFileSync(file, "utf8")) as Manifest);
    }
  });

  for (const [name, tier] of STACKS) {
    const exporters = name === COMPLETE ? WAIVERS.exporters : [];
    it(`objects to nothing in ${name}, with waivers for the log collector ${exporters.length > 0 ? "and exporters" : "alone"}`, () => {
      const stack = new Stack((rendered[name] ?? []).map((manifest) => new KubeObject(manifest)));
      assert.ok(stack.objects.length > 70);
      const { violations, waivers, unused } = evaluate(stack, { tier, today: TODAY });
      assert.deepEqual([violations.map(({ message }) => message), unused], [[], []]);
      const found = waivers.map(({ object, rule }) => `${object.kind} ${rule}`).sort();
      assert.deepEqual(found, [...WAIVERS.logCollector, ...exporters].sort());
    });
  }

  it("finds every change for the worse in every manifest, by the rule that is meant and no other", () => {
    const caught = new Map<string, number>();
    for (const [stack, tier] of STACKS) {
      const manifests = rendered[stack] ?? [];
      const objects = manifests.map((manifest) => new KubeObject(manifest));
      for (const [index, manifest] of manifests.entries()) {
        for (const { name, changed, caughtBy } of mutationsOf(manifest, tier)) {
          const spoilt = changed && new KubeObject(changed);
          const expected = caughtBy.filter((rule) => !spoilt || !isWaived(spoilt, rule)).sort();
          const all = objects.toSpliced(index, 1, ...(spoilt ? [spoilt] : []));
          const place = `${stack}: ${manifest.kind} ${manifest.metadata.name} ${name}`;
          assert.deepEqual(rulesAgainst(spoilt, all, tier), expected, place);
          for (const rule of expected) caught.set(rule, (caught.get(rule) ?? 0) + 1);
        }
      }
    }
    const expected = RULES.map(({ name }) => name).filter((name) => !NOT_MUTATED.includes(name));
    assert.deepEqual([...caught.keys()].sort(), expected.sort());
  });

  /** Rules that object to a stack of which one object was changed; what is about single objects is asked of that one. */
  function rulesAgainst(changed: KubeObject | undefined, all: readonly KubeObject[], tier: Tier): string[] {
    const [one, stack] = [new Stack(changed ? [changed] : []), new Stack(all)];
    return RULES.filter((rule) => {
      const findings = findingsOf(rule, "checkStack" in rule ? stack : one, tier);
      return findings.some(({ object }) => !isWaived(object, rule.name));
    })
      .map(({ name }) => name)
      .sort();
  }
});

function isWaived(object: KubeObject, rule: string): boolean {
  return waiversOf(object, TODAY).some((waiver) => waiver.rule === rule);
}
