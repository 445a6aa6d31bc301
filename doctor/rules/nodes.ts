import { list, type SeenObject } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { matches, nameOf, subjectOf } from "../workloads.ts";

const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: "memory",
  DiskPressure: "disk",
  PIDPressure: "process numbers",
};

/** Nodes that are away, short of something, or closed. */
export const nodeTroubles: Rule = (facts) =>
  list(facts, "Node").flatMap((node): Finding[] => {
    const about = subjectOf("Node", node);
    const base = { about, stage: "failure", next: `${facts.target.kubectl} describe node ${about.name}` } as const;
    const findings: Finding[] = [];
    for (const { type = "", status, message = "" } of node.status?.conditions ?? []) {
      const evidence = [`${type} is ${status ?? ""}: ${message}`];
      if (type === "Ready" && status !== "True") {
        const says = `Node ${about.name} is not ready: ${message}`;
        findings.push({ ...base, rule: "node-not-ready", severity: "failing", says, evidence });
      }
      const what = PRESSURES[type];
      if (what !== undefined && status === "True") {
        const says = `Node ${about.name} is short of ${what}, and evicts pods.`;
        findings.push({ ...base, rule: "node-pressure", severity: "failing", says, evidence });
      }
    }
    if (node.spec?.unschedulable) {
      findings.push({
        ...base,
        rule: "node-cordoned",
        severity: "warning",
        says: `Node ${about.name} is cordoned: it takes no new pods.`,
        evidence: ["spec.unschedulable is true"],
        next: `${facts.target.kubectl} uncordon ${about.name}`,
      });
    }
    return findings;
  });

/** Disruption budgets that keep a node that is being emptied from becoming empty. */
export const blockedDrains: Rule = (facts) => {
  const closed = list(facts, "Node").filter(({ spec }) => spec?.unschedulable);
  return list(facts, "PodDisruptionBudget").flatMap((budget): Finding[] => {
    if (budget.status?.disruptionsAllowed !== 0) return [];
    const held = list(facts, "Pod").filter((pod) => isCovered(pod, budget) && closed.some((node) => isOn(pod, node)));
    const [pod] = held;
    if (pod === undefined) return [];
    const about = subjectOf("PodDisruptionBudget", budget);
    return [
      {
        rule: "drain-blocked",
        about,
        stage: "failure",
        severity: "failing",
        says: `${nameOf(about, facts)} keeps node ${pod.spec?.nodeName ?? ""} from being drained: no pod of it may be away.`,
        evidence: [
          `${held.map(({ metadata }) => metadata?.name ?? "").join(", ")} on the cordoned node; disruptions allowed: 0, healthy ${budget.status.currentHealthy ?? 0} of ${budget.status.desiredHealthy ?? 0} wanted`,
        ],
        next: "Add a replica in the configuration, or set disruption: { minAvailable: 0 } there; then drain again.",
      },
    ];
  });
};

function isCovered({ metadata }: SeenObject<"Pod">, budget: SeenObject<"PodDisruptionBudget">): boolean {
  const selector = budget.spec?.selector?.matchLabels;
  return (
    selector !== undefined &&
    metadata?.namespace === budget.metadata?.namespace &&
    matches(selector, metadata?.labels ?? {})
  );
}

function isOn({ spec }: SeenObject<"Pod">, { metadata }: SeenObject<"Node">): boolean {
  return spec?.nodeName !== undefined && spec.nodeName === metadata?.name;
}
