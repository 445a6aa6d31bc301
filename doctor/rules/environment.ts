import type { Condition } from "../../spec/index.ts";
import { conditionIn, list } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { environmentOf } from "../relations.ts";
import { oneLine } from "./pod-troubles.ts";

/** There is no cluster, no namespace, or it is going away. */
export const absence: Rule = ({ target, clusterProblem, ...facts }) => {
  const base = { stage: "change", severity: "failing" } as const;
  if (clusterProblem !== undefined) {
    const about = { kind: "Cluster", name: target.name };
    return [{ ...base, rule: "no-cluster", about, says: clusterProblem, evidence: [], next: target.repair }];
  }
  if (facts.objects.Namespace === undefined) return [];
  const about = { kind: "Namespace", name: target.name };
  const namespace = list(facts, "Namespace").find(({ metadata }) => metadata?.name === target.name);
  if (namespace === undefined) {
    // What is not up yet has none; why it is not, its conditions say.
    if (conditionIn(facts, "Ready")?.status === "False") return [];
    const says = `${target.name} is not up: the cluster has no namespace of that name.`;
    return [{ ...base, rule: "not-up", about, says, evidence: [], next: target.repair }];
  }
  if (namespace.metadata?.deletionTimestamp === undefined) return [];
  // It says what holds it, in more words.
  if (conditionIn(facts, "DeleteBlocked")?.status === "True") return [];
  const held = (namespace.status?.conditions ?? [])
    .filter(({ status, type = "" }) => status === "True" && /Remaining|Failure/.test(type))
    .map(({ message = "" }) => oneLine(message));
  const says = `Namespace ${target.name} is being deleted since ${namespace.metadata.deletionTimestamp}${held.length > 0 ? `: ${held.join("; ")}` : "."}`;
  return [
    {
      ...base,
      rule: "namespace-terminating",
      about,
      says,
      evidence: held,
      next: `${target.kubectl} describe namespace ${target.name}`,
    },
  ];
};

/** The environment's pods could not be read: what is wrong with it is not known, which is not that nothing is. */
export const unreadPods: Rule = ({ target, objects, unread }) => {
  const told = unread.find(({ source }) => source.startsWith("pods "));
  if (objects.Pod !== undefined || told === undefined) return [];
  const says = `The pods of ${target.name} can't be read: ${oneLine(told.why)}.`;
  const next = /forbidden/i.test(told.why)
    ? "Ask with a kubeconfig that may list them."
    : `Ask again; when it stays so: ${target.kubectl} get --raw '/readyz?verbose'`;
  const about = { kind: "Cluster", name: target.name };
  return [{ rule: "unread-pods", about, stage: "failure", severity: "failing", says, evidence: [], next }];
};

/** What the platform service says of a preview environment that is not as it should be. */
export const previewConditions: Rule = (facts) =>
  (facts.conditions ?? []).flatMap((condition): Finding[] => {
    const text = oneLine(condition.message);
    if (!isBad(condition)) return [];
    return [
      {
        rule: `environment-${condition.reason}`,
        about: environmentOf(facts),
        stage: STAGE_OF[condition.reason] ?? "failure",
        severity: ["Admitted", "Seeded"].includes(condition.type) ? "warning" : "failing",
        says: `${condition.reason}: ${text}`,
        evidence: [`condition ${condition.type} is ${condition.status} since ${condition.lastTransitionTime}`],
        next: facts.target.repair,
        follows: ["backed-by"],
      },
    ];
  });

/** Reasons that only say that something does not become ready: why, the cluster tells, or another condition. */
const STAGE_OF: Readonly<Partial<Record<string, Finding["stage"]>>> = {
  Timeout: "effect",
  UpdateFailed: "effect",
  Queued: "effect",
  Drifted: "change",
};

/** Reasons of environments that are under way, or that sleep, which is what they are to do. */
const AS_IT_SHOULD: readonly string[] = ["Provisioning", "Terminating", "Asleep"];

function isBad({ type, status, reason }: Condition): boolean {
  switch (type) {
    case "DeleteBlocked":
      return status === "True";
    case "Asleep":
    case "Expiring":
      return false;
    case "Ready":
    case "Admitted":
    case "InSync":
    case "Seeded":
      return status === "False" && !AS_IT_SHOULD.includes(reason);
  }
}
