import assert from "node:assert/strict";
import fc from "fast-check";
import { type Finding, keyOf, STAGES, type Subject } from "../../../doctor/finding.ts";
import { rank } from "../../../doctor/rank.ts";
import type { Dependency } from "../../../doctor/relations.ts";

const subject = (name: string): Subject => ({ kind: "Thing", name });

function finding(name: string, more: Partial<Finding> = {}): Finding {
  const says = `${name} is wrong.`;
  return {
    rule: "rule",
    about: subject(name),
    stage: "symptom",
    severity: "failing",
    says,
    evidence: [],
    next: "Look.",
    ...more,
  };
}

const calls = (from: string, to: string): Dependency => ({ from: subject(from), relation: "calls", to: subject(to) });
const names = (findings: readonly Finding[]) => findings.map(({ about }) => about.name);

describe("the order of findings", () => {
  it("makes what depends on something broken its consequence, through several steps", () => {
    const follows = ["calls"] as const;
    const findings = [finding("web", { follows }), finding("api", { follows }), finding("store")];
    const [first, ...rest] = rank(findings, [calls("web", "api"), calls("api", "store")]);
    assert.equal(first?.finding.about.name, "store");
    assert.deepEqual(names(first?.consequences ?? []), ["api", "web"]);
    assert.deepEqual(rest, []);
  });

  it("looks through what is in order itself", () => {
    const causes = rank(
      [finding("web", { follows: ["calls"] }), finding("store")],
      [calls("web", "api"), calls("api", "store")],
    );
    assert.deepEqual(
      causes.map(({ finding: { about } }) => about.name),
      ["store"],
    );
  });

  it("does not follow relations that a finding does not name", () => {
    const causes = rank([finding("web", { follows: ["uses"] }), finding("api")], [calls("web", "api")]);
    assert.equal(causes.length, 2);
  });

  it("puts what was changed before what failed, and that before what is seen of it", () => {
    const findings = STAGES.toReversed().map((stage) => finding("web", { stage, says: stage }));
    const [first, ...rest] = rank(findings, []);
    assert.equal(first?.finding.stage, "change");
    assert.deepEqual(
      first.consequences.map(({ stage }) => stage),
      ["failure", "symptom", "effect"],
    );
    assert.deepEqual(rest, []);
  });

  it("keeps two that explain each other as causes of their own", () => {
    const follows = ["calls"] as const;
    const causes = rank([finding("a", { follows }), finding("b", { follows })], [calls("a", "b"), calls("b", "a")]);
    assert.deepEqual(
      causes.map(({ finding: { about } }) => about.name),
      ["a", "b"],
    );
  });

  it("lets nothing follow from what is harmless, whatever depends on it", () => {
    const harmless = finding("web", { stage: "change", isHarmless: true, severity: "warning" });
    const failed = finding("web", { stage: "failure", says: "web fails." });
    const causes = rank([harmless, failed, finding("edge", { follows: ["calls"] })], [calls("edge", "web")]);
    assert.deepEqual(
      causes.map(({ finding: { says }, consequences }) => [says, names(consequences)]),
      [
        ["web fails.", ["edge"]],
        ["web is wrong.", []],
      ],
    );
  });

  it("puts what makes something fail before warnings", () => {
    const causes = rank([finding("a", { severity: "warning" }), finding("b")], []);
    assert.deepEqual(
      causes.map(({ finding: { about } }) => about.name),
      ["b", "a"],
    );
  });

  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const someFinding = fc.record({
    name,
    rule: fc.constantFrom("x", "y"),
    stage: fc.constantFrom(...STAGES),
    severity: fc.constantFrom("failing" as const, "warning" as const),
    follows: fc.subarray(["calls", "uses"] as const),
    isHarmless: fc.boolean(),
  });
  const key = ({ rule, about, stage, says }: Finding) => [rule, keyOf(about), stage, says].join();
  const someFindings = fc.uniqueArray(
    someFinding.map(({ name: about, ...more }) => finding(about, more)),
    { maxLength: 12, selector: key },
  );
  const someDependencies = fc.array(
    fc.record({
      from: name.map(subject),
      relation: fc.constantFrom("calls" as const, "uses" as const),
      to: name.map(subject),
    }),
    { maxLength: 12 },
  );

  it("does not depend on the order in which things were found", () => {
    const shuffled = fc
      .tuple(someFindings, someDependencies)
      .chain(([findings, dependencies]) =>
        fc.tuple(
          fc.constant({ findings, dependencies }),
          fc.shuffledSubarray(findings, { minLength: findings.length }),
          fc.shuffledSubarray(dependencies, { minLength: dependencies.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([{ findings, dependencies }, otherFindings, otherDependencies]) => {
        const keys = (causes: ReturnType<typeof rank>) =>
          causes.map(({ finding: root, consequences }) => [key(root), consequences.map(key)]);
        assert.deepEqual(keys(rank(otherFindings, otherDependencies)), keys(rank(findings, dependencies)));
      }),
    );
  });

  it("tells of every finding exactly once", () => {
    fc.assert(
      fc.property(someFindings, someDependencies, (findings, dependencies) => {
        const told = rank(findings, dependencies).flatMap(({ finding: root, consequences }) => [root, ...consequences]);
        assert.deepEqual(told.map(key).toSorted(), findings.map(key).toSorted());
      }),
    );
  });
});
