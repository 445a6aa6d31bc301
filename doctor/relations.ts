import { type Facts, list, type SeenObject } from "./facts.ts";
import type { Relation, Subject } from "./finding.ts";
import { referencesOf } from "./references.ts";
import { matches, subjectOf, type Workload, workloadsOf } from "./workloads.ts";

/** One thing depends on another. */
export interface Dependency {
  readonly from: Subject;
  readonly relation: Relation;
  readonly to: Subject;
}

/** Everything that depends on something else, also on what should be there and is not. */
export function dependenciesOf(facts: Facts): Dependency[] {
  const workloads = workloadsOf(facts);
  return [
    ...workloads.flatMap((workload) => dependenciesOfWorkload(facts, workload)),
    ...callsOf(facts, workloads),
    ...servicesOf(facts, workloads),
    ...claimsOf(facts),
    // What the platform service says of a preview environment comes from what runs in it.
    ...workloads.map(({ subject }): Dependency => ({ from: environmentOf(facts), relation: "backed-by", to: subject })),
  ];
}

/** The environment as a whole. */
export function environmentOf({ target }: Pick<Facts, "target">): Subject {
  return { kind: "Environment", name: target.name };
}

/** The cluster's DNS, as every distribution calls it. */
export const DNS: Subject = { kind: "Service", namespace: "kube-system", name: "kube-dns" };

function dependenciesOfWorkload(facts: Facts, workload: Workload): Dependency[] {
  const { subject: from, podLabels, podSpec, pods } = workload;
  const to = (relation: Relation, subjects: readonly Subject[]): Dependency[] =>
    subjects.map((subject) => ({ from, relation, to: subject }));
  const nodes = list(facts, "Node").map((node) => subjectOf("Node", node));
  const policies = [...list(facts, "NetworkPolicy"), ...policiesInState(facts)].filter(
    ({ metadata, spec }) =>
      metadata?.namespace === from.namespace && matches(spec?.podSelector?.matchLabels ?? {}, podLabels),
  );
  return [
    ...to(
      "uses",
      referencesOf(podSpec).map(({ kind, name }) => ({ kind, name, namespace: from.namespace })),
    ),
    ...to("placed-on", nodes),
    ...to(
      "runs-on",
      nodes.filter(({ name }) => pods.some(({ spec }) => spec?.nodeName === name)),
    ),
    ...to(
      "limited-by",
      inNamespace(list(facts, "ResourceQuota"), from).map((quota) => subjectOf("ResourceQuota", quota)),
    ),
    ...to(
      "guarded-by",
      policies.map((policy) => subjectOf("NetworkPolicy", policy)),
    ),
    ...to("resolves-with", [DNS]),
  ];
}

/** Policies that should be there: one that somebody removed guards nobody, and that is what its workload suffers from. */
function policiesInState({ state }: Facts): SeenObject<"NetworkPolicy">[] {
  const found = state?.resources.filter(({ type }) => type.endsWith(":NetworkPolicy")) ?? [];
  return found.map(({ inputs }) => inputs as SeenObject<"NetworkPolicy"> | undefined).filter((policy) => !!policy);
}

function callsOf(facts: Facts, workloads: readonly Workload[]): Dependency[] {
  const { target, calls = openedIn(facts) } = facts;
  const own = workloads.filter(({ subject }) => subject.namespace === target.name);
  const namedAs = (name: string) => own.filter(({ subject }) => subject.name === name);
  const isMigration = ({ labels }: Workload) => labels["app.kubernetes.io/component"] === "migration";
  return calls.flatMap(({ from, to }) => {
    const callee: Subject = { kind: "Service", namespace: target.name, name: to };
    const migrations = own.filter(
      (job) => isMigration(job) && calls.some((call) => call.from === job.subject.name && call.to === to),
    );
    return namedAs(from).flatMap((caller): Dependency[] => [
      { from: caller.subject, relation: "calls", to: callee },
      ...(isMigration(caller) ? [] : migrations).map((job): Dependency => ({
        from: caller.subject,
        relation: "migrated-by",
        to: job.subject,
      })),
    ]);
  });
}

/** The connections that network policies open on the caller's side. */
function openedIn(facts: Facts): { readonly from: string; readonly to: string }[] {
  const name = (labels: Readonly<Record<string, string | undefined>> | undefined) => labels?.["app.kubernetes.io/name"];
  const own = list(facts, "NetworkPolicy").filter(({ metadata }) => metadata?.namespace === facts.target.name);
  return own.flatMap(({ spec }) => {
    const from = name(spec?.podSelector?.matchLabels);
    const peers = (spec?.egress ?? []).flatMap((rule) => rule.to ?? []);
    const targets = peers.map(({ podSelector }) => name(podSelector?.matchLabels));
    return from === undefined ? [] : targets.filter((to) => to !== undefined).map((to) => ({ from, to }));
  });
}

function servicesOf(facts: Facts, workloads: readonly Workload[]): Dependency[] {
  return list(facts, "Service").flatMap((service) => {
    const from = subjectOf("Service", service);
    // By name too: a Service whose selector was changed is still the workload's.
    const behind = workloads.filter(
      ({ subject, podLabels }) =>
        subject.namespace === from.namespace &&
        (subject.name === from.name || (service.spec?.selector && matches(service.spec.selector, podLabels))),
    );
    return behind.map(({ subject }): Dependency => ({ from, relation: "backed-by", to: subject }));
  });
}

function claimsOf(facts: Facts): Dependency[] {
  return list(facts, "PersistentVolumeClaim").flatMap((claim) => {
    const from = subjectOf("PersistentVolumeClaim", claim);
    const { storageClassName } = claim.spec ?? {};
    const quotas = inNamespace(list(facts, "ResourceQuota"), from);
    return [
      ...(storageClassName
        ? [{ from, relation: "provisioned-by", to: { kind: "StorageClass", name: storageClassName } } as const]
        : []),
      ...quotas.map((quota): Dependency => ({ from, relation: "limited-by", to: subjectOf("ResourceQuota", quota) })),
    ];
  });
}

function inNamespace<T extends { readonly metadata?: { readonly namespace?: string } }>(
  objects: readonly T[],
  { namespace }: Subject,
): T[] {
  return objects.filter(({ metadata }) => metadata?.namespace === namespace);
}
