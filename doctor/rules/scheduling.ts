import { type Facts, list, type SeenObject } from "../facts.ts";
import type { PodRule, PodTrouble } from "./pod-troubles.ts";
import { eventsOf, oneLine } from "./pod-troubles.ts";

/** No node takes a pod. */
export const schedulingTrouble: PodRule = (pod, facts) => {
  const condition = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (condition === undefined) return undefined;
  const message = oneLine(condition.message ?? "");
  return {
    rule: "unschedulable",
    stage: "symptom",
    severity: "failing",
    ...(reasonOf(message, pod, facts) ?? {
      says: `finds no node: ${message}`,
      next: describe(facts.target.kubectl, pod),
    }),
    seen: `${condition.reason ?? "Unschedulable"}: ${message}`,
    follows: ["placed-on", "uses", "provisioned-by"],
  };
};

/** A pod has a node, and its volumes do not come. */
export const mountTrouble: PodRule = (pod, facts) => {
  const isWaiting = pod.status?.phase === "Pending" && pod.spec?.nodeName !== undefined;
  const told = isWaiting ? eventsOf(facts, pod, "FailedMount", "FailedAttachVolume")[0] : undefined;
  if (told === undefined) return undefined;
  return {
    rule: "mount",
    stage: "symptom",
    severity: "failing",
    says: `waits for a volume: ${told}`,
    seen: `FailedMount: ${told}`,
    next: describe(facts.target.kubectl, pod),
    follows: ["uses", "provisioned-by"],
  };
};

function reasonOf(
  message: string,
  pod: SeenObject<"Pod">,
  facts: Facts,
): Pick<PodTrouble, "says" | "next"> | undefined {
  const short = [...message.matchAll(/Insufficient (\S+?)[.,]/g)].map(([, what]) => what);
  if (short.length > 0) {
    return {
      says: `finds no node with enough ${[...new Set(short)].join(" and ")}`,
      next: "Lower resources.requests in the configuration, remove what is not needed, or add a node.",
    };
  }
  if (/unbound.*PersistentVolumeClaim|persistentvolumeclaim .* not found/i.test(message))
    return {
      says: "waits for its volume, whose claim is not bound",
      next: `${facts.target.kubectl} describe pvc -n ${pod.metadata?.namespace ?? ""}`,
    };
  if (/volume node affinity conflict/.test(message)) {
    const says = "finds no node: those that can have its volume do not take it";
    return { says, next: describe(facts.target.kubectl, pod) };
  }
  if (/unschedulable|untolerated taint/.test(message)) {
    return {
      says: `finds no node that takes new pods: all ${list(facts, "Node").length} are closed to it`,
      next: `Open a node again: ${facts.target.kubectl} uncordon NODE`,
    };
  }
  if (/didn't match Pod's node (affinity|selector)/.test(message)) {
    const wanted = Object.entries(pod.spec?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value ?? ""}`);
    return {
      says: `finds no node that it may run on: none has ${wanted.length > 0 ? `the label ${wanted.join(", ")}` : "the labels that it asks for"}`,
      next: `Label a node, or ask for another one: ${facts.target.kubectl} get nodes --show-labels`,
    };
  }
  return undefined;
}

function describe(kubectl: string, { metadata }: Parameters<PodRule>[0]): string {
  return `${kubectl} describe pod ${metadata?.name ?? ""} -n ${metadata?.namespace ?? ""}`;
}
