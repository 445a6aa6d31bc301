import { type Facts, list, type SeenObject } from "../facts.ts";
import type { Finding, Rule, Subject } from "../finding.ts";
import { wordsOf } from "../log-line.ts";
import { nameOf, subjectOf, type Workload, workloadsOf } from "../workloads.ts";

/** What is wrong with one pod: a finding about its workload that lacks the name. */
export interface PodTrouble extends Omit<Finding, "about" | "says" | "evidence"> {
  /** What follows the workload's name, e.g. "can't get its image". Pods with the same text share a finding. */
  readonly says: string;
  /** What was seen, without the pod's name. */
  readonly seen: string;
}

/** Looks at one pod that has not ended as it should. Names the trouble, or undefined when it is another one. */
export type PodRule = (pod: SeenObject<"Pod">, facts: Facts, workload: Workload) => PodTrouble | undefined;

/** A container's status. */
export type ContainerStatus = NonNullable<NonNullable<SeenObject<"Pod">["status"]>["containerStatuses"]>[number];

/** Pods that a finding names as evidence. */
const MOST_PODS = 3;

/**
 * Makes a rule of rules about single pods: the first of them that knows a pod's trouble names it, and what is wrong with
 * several pods of one workload is said once.
 */
export function podRule(rules: readonly PodRule[]): Rule {
  return (facts) =>
    workloadsOf(facts).flatMap((workload) => {
      const seen = new Map<string, { readonly trouble: PodTrouble; readonly evidence: string[] }>();
      for (const pod of workload.pods.filter(isWanted)) {
        const trouble = firstOf(rules, pod, facts, workload);
        if (trouble === undefined) continue;
        const line = `Pod ${pod.metadata?.name ?? ""}: ${trouble.seen}`;
        const known = seen.get(trouble.rule + trouble.says);
        if (known) known.evidence.push(line);
        else seen.set(trouble.rule + trouble.says, { trouble, evidence: [line] });
      }
      return [...seen.values()].map(({ trouble: { rule, stage, severity, says, next, follows }, evidence }) => ({
        ...{ rule, stage, severity, next, follows },
        about: workload.subject,
        says: `${nameOf(workload.subject, facts)} ${says}.`,
        evidence: [
          ...evidence.slice(0, MOST_PODS),
          ...(evidence.length > MOST_PODS ? [`and ${evidence.length - MOST_PODS} more pods`] : []),
        ],
      }));
    });
}

/** Statuses of a pod's containers, in the order in which they start. */
export function containersOf({ status }: SeenObject<"Pod">): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** Events about something, the newest first. @param reasons which events */
export function eventsAbout(
  facts: Facts,
  { kind, namespace, name }: Subject,
  ...reasons: readonly string[]
): readonly SeenObject<"Event">[] {
  return list(facts, "Event")
    .filter(
      ({ involvedObject, reason = "" }) =>
        involvedObject?.kind === kind &&
        involvedObject.name === name &&
        involvedObject.namespace === namespace &&
        reasons.includes(reason),
    )
    .sort((a, b) => (b.lastTimestamp ?? "").localeCompare(a.lastTimestamp ?? ""));
}

/** Messages of the events about a pod, the newest first. @param reasons which events */
export function eventsOf(facts: Facts, pod: SeenObject<"Pod">, ...reasons: readonly string[]): string[] {
  return eventsAbout(facts, subjectOf("Pod", pod), ...reasons).map(({ message = "" }) => oneLine(message));
}

/** The last lines that a container wrote. */
export function logOf({ logs }: Facts, pod: SeenObject<"Pod">, container?: string): readonly string[] {
  const of = logs.filter(
    (log) =>
      log.pod === pod.metadata?.name &&
      log.namespace === pod.metadata?.namespace &&
      (container === undefined || log.container === container),
  );
  return of.flatMap(({ lines }) => lines);
}

/** A text of programs in one line of bounded length. */
export function oneLine(text: string): string {
  const line = wordsOf(text).replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

function firstOf(
  rules: readonly PodRule[],
  pod: SeenObject<"Pod">,
  facts: Facts,
  workload: Workload,
): PodTrouble | undefined {
  for (const rule of rules) {
    const trouble = rule(pod, facts, workload);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

/** What is being removed, and what is done, is in no trouble. */
function isWanted({ metadata, status }: SeenObject<"Pod">): boolean {
  return metadata?.deletionTimestamp === undefined && status?.phase !== "Succeeded";
}
