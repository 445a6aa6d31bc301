import { type Facts, list, type SeenObject } from "./facts.ts";
import { keyOf, type Subject } from "./finding.ts";

/** Kinds of objects that make pods. */
export const WORKLOAD_KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job"] as const;

/** The pods' part of a workload. */
export type PodSpec = NonNullable<SeenObject<"Pod">["spec"]>;

/** Something that makes pods, with the pods that it has. */
export interface Workload {
  readonly subject: Subject;
  readonly labels: Readonly<Record<string, string | undefined>>;
  readonly podLabels: Readonly<Record<string, string | undefined>>;
  readonly podSpec: PodSpec;
  readonly pods: readonly SeenObject<"Pod">[];
  /** Pods that are wanted, and those that take traffic. @default a Job's are not counted so */
  readonly desired?: number;
  readonly ready: number;
}

/** Everything in the environment that makes pods. */
export function workloadsOf(facts: Facts): Workload[] {
  const pods = list(facts, "Pod").map((pod) => ({ pod, owner: ownerKey(facts, pod) }));
  return WORKLOAD_KINDS.flatMap((kind) =>
    list(facts, kind).flatMap((object) => {
      const subject = subjectOf(kind, object);
      const template = object.spec?.template;
      return [
        {
          subject,
          labels: object.metadata?.labels ?? {},
          podLabels: template?.metadata?.labels ?? {},
          podSpec: template?.spec ?? {},
          pods: pods.filter(({ owner }) => owner === keyOf(subject)).map(({ pod }) => pod),
          ...counts(kind, object),
        },
      ];
    }),
  );
}

/** The subject that an object is. */
export function subjectOf(
  kind: string,
  { metadata }: { readonly metadata?: { readonly namespace?: string; readonly name?: string } },
): Subject {
  const { namespace, name = "" } = metadata ?? {};
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Kind and name for people, with the namespace where it is not the environment's own. */
export function nameOf({ kind, namespace, name }: Subject, { target }: Pick<Facts, "target">): string {
  return namespace === undefined || namespace === target.name ? `${kind} ${name}` : `${kind} ${name} in ${namespace}`;
}

/** Whether labels have every value that a selector asks for; an empty selector matches all. */
export function matches(
  selector: Readonly<Record<string, string | undefined>>,
  labels: Readonly<Record<string, string | undefined>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function ownerKey(facts: Facts, pod: SeenObject<"Pod">): string {
  const namespace = pod.metadata?.namespace ?? "";
  const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner?.kind !== "ReplicaSet") return keyOf({ kind: owner?.kind ?? "Pod", namespace, name: owner?.name ?? "" });
  const set = list(facts, "ReplicaSet").find(
    ({ metadata }) => metadata?.name === owner.name && metadata?.namespace === pod.metadata?.namespace,
  );
  const deployment = set?.metadata?.ownerReferences?.find(({ controller }) => controller)?.name;
  // A ReplicaSet has its Deployment's name and a hash.
  return keyOf({ kind: "Deployment", namespace, name: deployment ?? owner.name?.replace(/-[^-]+$/, "") ?? "" });
}

function counts(
  kind: (typeof WORKLOAD_KINDS)[number],
  object: { readonly spec?: object; readonly status?: object },
): Pick<Workload, "desired" | "ready"> {
  const { replicas = 1 } = (object.spec ?? {}) as { replicas?: number };
  const status = (object.status ?? {}) as {
    readyReplicas?: number;
    numberReady?: number;
    desiredNumberScheduled?: number;
  };
  if (kind === "Job") return { ready: 0 };
  if (kind === "DaemonSet") return { desired: status.desiredNumberScheduled ?? 0, ready: status.numberReady ?? 0 };
  return { desired: replicas, ready: status.readyReplicas ?? 0 };
}
