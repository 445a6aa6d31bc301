import type { Facts } from "./facts.ts";

/** A thing that something is wrong with: an object of the cluster, or "Stack" and "Cluster". */
export interface Subject {
  readonly kind: string;
  /** @default a thing of the cluster as a whole */
  readonly namespace?: string;
  readonly name: string;
}

/** How one thing depends on another. */
export type Relation =
  /** A workload's pods can't be made without a Secret, a ConfigMap, a claim or a service account. */
  | "uses"
  /** A workload runs on a node now. */
  | "runs-on"
  /** A workload's pods could run on a node. */
  | "placed-on"
  /** A workload's pods, or a claim, count against a quota. */
  | "limited-by"
  /** A workload connects to a Service. */
  | "calls"
  /** A Service leads to a workload's pods. */
  | "backed-by"
  /** A NetworkPolicy decides who reaches a workload's pods, and whom they reach. */
  | "guarded-by"
  /** A workload finds Services by the cluster's DNS. */
  | "resolves-with"
  /** A workload takes a database as a Job has prepared it. */
  | "migrated-by"
  /** A claim gets its volume from a storage class. */
  | "provisioned-by";

/**
 * How near a finding is to the root, about one subject: somebody's change comes before what failed, that before what is seen
 * of it, and last comes what only counts or repeats that.
 */
export const STAGES = ["change", "failure", "symptom", "effect"] as const;

/** Something that is wrong. */
export interface Finding {
  /** What kind of thing is wrong, e.g. "image-pull". */
  readonly rule: string;
  readonly about: Subject;
  readonly stage: (typeof STAGES)[number];
  /** failing: something does not work; warning: it works, and will not for long, or not in every case. */
  readonly severity: "failing" | "warning";
  /** One sentence in plain words. */
  readonly says: string;
  /** What was seen, each with where. */
  readonly evidence: readonly string[];
  /** What to do next: a command to copy, or one sentence. */
  readonly next: string;
  /** Along which relations its own cause may lie. @default none: it needs no other cause */
  readonly follows?: readonly Relation[];
  /** Whether nothing else can come of it, so that it explains no other finding. @default false */
  readonly isHarmless?: boolean;
}

/** Looks at the facts for one kind of trouble. Never throws, whatever is missing. */
export type Rule = (facts: Facts) => readonly Finding[];

/** The same text for the same subject. */
export function keyOf({ kind, namespace = "", name }: Subject): string {
  return [kind, namespace, name].join("/");
}
