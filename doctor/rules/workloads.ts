import { type Facts, list } from "../facts.ts";
import type { Finding, Relation, Rule } from "../finding.ts";
import { nameOf, workloadsOf } from "../workloads.ts";

/** Along these anything can come that keeps pods from being there. */
const ALL: readonly Relation[] = [
  "uses",
  "limited-by",
  "placed-on",
  "runs-on",
  "calls",
  "backed-by",
  "guarded-by",
  "migrated-by",
  "provisioned-by",
];

/** Workloads with fewer pods that take traffic than wanted. */
export const missingPods: Rule = (facts) =>
  workloadsOf(facts).flatMap(({ subject, desired, ready, pods }): Finding[] => {
    if (desired === undefined || ready >= desired) return [];
    const stuck = list(facts, "Deployment")
      .find(({ metadata }) => metadata?.name === subject.name && metadata.namespace === subject.namespace)
      ?.status?.conditions?.find(({ reason }) => reason === "ProgressDeadlineExceeded");
    return [
      {
        rule: "missing-pods",
        about: subject,
        stage: "effect",
        severity: ready === 0 || stuck ? "failing" : "warning",
        says: `${nameOf(subject, facts)} has ${ready} of ${desired} pods ready.`,
        evidence: [
          `${pods.length} pods are there`,
          ...(stuck?.message === undefined ? [] : [`its rollout does not go on: ${stuck.message}`]),
        ],
        next: describe(facts, subject),
        follows: ALL,
      },
    ];
  });

function describe({ target }: Facts, { kind, namespace, name }: Finding["about"]): string {
  return `${target.kubectl} describe ${kind.toLowerCase()} ${name} -n ${namespace ?? ""}`;
}
