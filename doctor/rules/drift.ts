import { type Difference, differences, NOT_THERE } from "../difference.ts";
import { type Facts, type Kind, list } from "../facts.ts";
import type { Finding, Rule, Subject } from "../finding.ts";
import { nameOf, WORKLOAD_KINDS } from "../workloads.ts";
import { oneLine } from "./pod-troubles.ts";

/** Differences that a finding lists. */
const MOST_LISTED = 5;

/** Parts of a workload that decide neither what its pods are nor whether they run. */
const HOUSEKEEPING = /^(metadata\.labels\.|spec\.(backoffLimit|revisionHistoryLimit|ttlSecondsAfterFinished)$)/;

interface LiveObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[];
  };
}

/**
 * Objects that are not as the engine made them: somebody has removed or changed them past it. Kinds that were not read, and
 * values that the state keeps secret, are not compared.
 */
export const drift: Rule = (facts) =>
  (facts.state?.resources ?? []).flatMap(({ type, inputs }): Finding[] => {
    const kind = type.slice(type.lastIndexOf(":") + 1);
    const { name, namespace } = inputs?.metadata ?? {};
    if (!type.startsWith("kubernetes:") || typeof name !== "string") return [];
    const about: Subject = { kind, name, ...(typeof namespace === "string" ? { namespace } : {}) };
    if (!isNamespaceThere(facts, about)) return [];
    const live = find(facts, about);
    if (live === undefined) return [];
    const base = { rule: "drift", about, stage: "change", next: facts.target.repair } as const;
    if (live === "missing") {
      return [
        {
          ...base,
          severity: "failing",
          says: `${nameOf(about, facts)} is gone: it was removed past Terrarium.`,
          evidence: ["the stack's state has it, the cluster has not"],
        },
      ];
    }
    if (live === "there") return [];
    const changed = differences(inputs, live);
    if (changed.length === 0) return [];
    const told = changed.map(({ path, wanted, found }) => `${path} is ${found} and should be ${wanted}`);
    return [
      {
        ...base,
        severity: "warning",
        says: `${nameOf(about, facts)} was changed past Terrarium: ${oneLine(told.slice(0, 2).join("; "))}.`,
        evidence: [...told.slice(0, MOST_LISTED).map(oneLine), ...lastChange(live)],
        isHarmless: changed.every((difference) => isHarmless(kind, difference)),
      },
    ];
  });

/** Whether a workload runs with a difference as it would without. */
function isHarmless(kind: string, { path, found }: Difference): boolean {
  const isWithoutDeadline = path === "spec.activeDeadlineSeconds" && found === NOT_THERE;
  return WORKLOAD_KINDS.some((name) => name === kind) && (isWithoutDeadline || HOUSEKEEPING.test(path));
}

/** With its namespace goes everything in it: that is said once, of the namespace. */
function isNamespaceThere({ objects, target }: Facts, { kind, name, namespace }: Subject): boolean {
  if (kind === "Namespace") return name !== target.name;
  if (namespace === undefined || objects.Namespace === undefined) return true;
  return objects.Namespace.some(
    ({ metadata }) => metadata?.name === namespace && metadata.deletionTimestamp === undefined,
  );
}

/** An object of the cluster; "there" where only that is known; undefined where its kind was not read. */
function find(facts: Facts, { kind, name, namespace }: Subject): LiveObject | "there" | "missing" | undefined {
  if (kind === "Secret") {
    if (facts.secrets === undefined) return undefined;
    return facts.secrets.some((secret) => secret.name === name && secret.namespace === namespace) ? "there" : "missing";
  }
  if (!(kind in facts.objects)) return undefined;
  const objects: readonly LiveObject[] = list(facts, kind as Kind);
  return objects.find(({ metadata }) => metadata?.name === name && metadata.namespace === namespace) ?? "missing";
}

/** Who changed it last, as the API server noted it. */
function lastChange({ metadata }: LiveObject): string[] {
  const last = (metadata?.managedFields ?? [])
    .filter(({ manager = "" }) => !/^(pulumi|kube-controller-manager|kubelet|kwok)/.test(manager))
    .sort((a, b) => (a.time ?? "").localeCompare(b.time ?? ""))
    .at(-1);
  return last?.manager === undefined ? [] : [`changed last by ${last.manager} at ${last.time ?? "an unknown time"}`];
}
