import { type Facts, list, type SeenObject } from "../facts.ts";
import type { Finding, Rule } from "../finding.ts";
import { matches, nameOf, subjectOf } from "../workloads.ts";
import { isRecent } from "./containers.ts";
import { eventsAbout, oneLine } from "./pod-troubles.ts";

const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: "memory",
  DiskPressure: "disk space",
  PIDPressure: "process numbers",
};

/** What a kubelet tells of its node while that runs short. */
const SHORTAGES = ["EvictionThresholdMet", "FreeDiskSpaceFailed", "ImageGCFailed"];

/** Nodes that are away, short of something, or closed, as far as the environment has to do with them. */
export const nodeTroubles: Rule = (facts) =>
  list(facts, "Node")
    .filter(({ metadata }) => concerns(facts, metadata?.name))
    .flatMap((node) => {
      const about = subjectOf("Node", node);
      const next = `${facts.target.kubectl} describe node ${about.name}`;
      const troubles = [...conditionTroubles(node, facts), ...memoryKills(node, facts), ...closure(node, facts)];
      return troubles.map((trouble): Finding => ({ about, stage: "failure", next, ...trouble }));
    });

/** What is wrong with one node. */
type NodeTrouble = Omit<Finding, "about" | "stage" | "next"> & Partial<Pick<Finding, "next">>;

function conditionTroubles(node: SeenObject<"Node">, facts: Facts): NodeTrouble[] {
  const about = subjectOf("Node", node);
  return (node.status?.conditions ?? []).flatMap(({ type = "", status, message = "" }): NodeTrouble[] => {
    const evidence = [`${type} is ${status ?? ""}: ${message}`];
    if (type === "Ready" && status !== "True") {
      const says = `Node ${about.name} is not ready: ${message}`;
      return [{ rule: "node-not-ready", severity: "failing", says, evidence }];
    }
    const what = PRESSURES[type];
    if (what === undefined || status !== "True") return [];
    const says = `Node ${about.name} is short of ${what}, and evicts pods.`;
    const [told] = eventsAbout(facts, about, ...SHORTAGES).map(lineOf);
    return [
      {
        rule: "node-pressure",
        severity: "failing",
        says,
        evidence: told === undefined ? evidence : [...evidence, told],
      },
    ];
  });
}

/** Programs that a node's kernel has ended lately because nobody had memory left. */
function memoryKills(node: SeenObject<"Node">, facts: Facts): NodeTrouble[] {
  const about = subjectOf("Node", node);
  const kills = eventsAbout(facts, about, "SystemOOM").filter(({ lastTimestamp }) => isRecent(lastTimestamp, facts));
  if (kills.length === 0) return [];
  const says = `Node ${about.name} ran out of memory, and its kernel ended programs.`;
  return [{ rule: "node-out-of-memory", severity: "warning", says, evidence: kills.slice(0, 3).map(lineOf) }];
}

function closure({ metadata, spec }: SeenObject<"Node">, { target }: Facts): NodeTrouble[] {
  if (!spec?.unschedulable) return [];
  const name = metadata?.name ?? "";
  return [
    {
      rule: "node-cordoned",
      severity: "warning",
      says: `Node ${name} is cordoned: it takes no new pods.`,
      evidence: ["spec.unschedulable is true"],
      next: `${target.kubectl} uncordon ${name}`,
    },
  ];
}

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

/** Whether pods of the environment are on a node, or could be: one that has no node yet, or is not known, may get any. */
function concerns(facts: Facts, name: string | undefined): boolean {
  if (facts.objects.Pod === undefined) return true;
  const wanted = list(facts, "Pod").filter(({ status }) => status?.phase !== "Succeeded");
  return wanted.some(({ spec }) => spec?.nodeName === undefined || spec.nodeName === name);
}

function lineOf({ reason = "", message = "", lastTimestamp = "", count = 1 }: SeenObject<"Event">): string {
  const times = count > 1 ? `, ${count} times` : "";
  return `${reason} at ${lastTimestamp}${times}: ${oneLine(message)}`;
}
