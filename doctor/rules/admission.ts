import { type Facts, list, type SeenObject } from "../facts.ts";
import type { Finding, Rule, Subject } from "../finding.ts";
import { nameOf, subjectOf, type Workload, workloadsOf } from "../workloads.ts";
import { oneLine } from "./pod-troubles.ts";

/** Milliseconds for which a refusal counts where the workload has not what it wants. */
const RECENT_MS = 60 * 60_000;

/** Pods that the cluster refuses to make: a quota is used up, or a rule of admission forbids them. */
export const refusedPods: Rule = (facts) =>
  workloadsOf(facts).flatMap((workload): Finding[] => {
    const { subject, desired = 1, pods } = workload;
    if (pods.length >= desired) return [];
    const message = refusalOf(facts, workload);
    if (message === undefined) return [];
    const quota = /exceeded quota: ([\w.-]+), requested: (.*?), used: (.*?), limited: (.*)$/.exec(message);
    if (quota === null) return [refused(facts, subject, message)];
    const [, name = "", requested = "", used = "", limited = ""] = quota;
    const about: Subject = { kind: "ResourceQuota", namespace: subject.namespace, name };
    return [
      {
        rule: "quota",
        about,
        stage: "failure",
        severity: "failing",
        says: `${nameOf(about, facts)} is used up: ${nameOf(subject, facts)} can't make a pod that asks for ${requested}, with ${used} used of ${limited}.`,
        evidence: [`FailedCreate: ${oneLine(message)}`],
        next: "Raise quota in the configuration, or lower replicas and resources.limits of services.",
      },
    ];
  });

function refused(facts: Facts, about: Subject, message: string): Finding {
  const [why, next = facts.target.repair] = reasonOf(message, facts);
  return {
    rule: "refused-pod",
    about,
    stage: "failure",
    severity: "failing",
    says: `${nameOf(about, facts)} can't make its pods: ${why}.`,
    evidence: [`FailedCreate: ${oneLine(message)}`],
    next,
    follows: ["uses"],
  };
}

/** Why pods are refused, and what to do where bringing the stack up again does not help. */
function reasonOf(message: string, { target }: Facts): readonly [why: string, next?: string] {
  if (/violates PodSecurity/.test(message)) return ["they violate the Pod Security of the namespace"];
  const [, silent] = /failed calling webhook "([^"]*)"/.exec(message) ?? [];
  if (silent !== undefined) {
    const next = `See that what answers for it runs: ${target.kubectl} get validatingwebhookconfigurations,mutatingwebhookconfigurations -o wide`;
    return [`the admission webhook ${silent} does not answer`, next];
  }
  const [, webhook = "", reason = ""] = /admission webhook "([^"]*)" denied the request: (.*)$/s.exec(message) ?? [];
  return [webhook === "" ? oneLine(message) : `the admission webhook ${webhook} forbids them: ${oneLine(reason)}`];
}

/** Why the cluster did not make a pod of a workload, where that was the last thing it did about it. */
function refusalOf(facts: Facts, { subject }: Workload): string | undefined {
  const sets = list(facts, "ReplicaSet").filter(({ metadata }) => isOwned(metadata, subject));
  const makers = [subject, ...sets.map((set) => subjectOf("ReplicaSet", set))];
  const failure = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True")?.message;
  if (failure !== undefined) return failure;
  return list(facts, "Event")
    .filter(
      (event) =>
        event.reason === "FailedCreate" &&
        isRecent(event, facts.now) &&
        makers.some(({ kind, name }) => event.involvedObject?.kind === kind && event.involvedObject.name === name),
    )
    .sort((a, b) => (a.lastTimestamp ?? "").localeCompare(b.lastTimestamp ?? ""))
    .at(-1)?.message;
}

function isOwned(metadata: SeenObject<"ReplicaSet">["metadata"], { namespace, kind, name }: Subject): boolean {
  return (
    metadata?.namespace === namespace &&
    (metadata?.ownerReferences ?? []).some((owner) => owner.kind === kind && owner.name === name)
  );
}

function isRecent({ lastTimestamp, eventTime }: SeenObject<"Event">, now: Date): boolean {
  return now.getTime() - Date.parse(lastTimestamp ?? eventTime ?? "") < RECENT_MS;
}
