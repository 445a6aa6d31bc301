import { type Finding, keyOf, STAGES } from "./finding.ts";
import type { Dependency } from "./relations.ts";

/** A root cause, with what follows from it. */
export interface Cause {
  readonly finding: Finding;
  /** What would not be wrong without it, the nearest first. */
  readonly consequences: readonly Finding[];
}

/**
 * Puts causes before symptoms: a finding that another one explains becomes its consequence. One explains another when it is
 * about the same subject and nearer to the root, or about a subject that the other's depends on along the relations that the
 * other names. What is harmless explains nothing. Where two explain each other, neither is a consequence.
 *
 * @returns causes, the most likely first: those that make something fail, then those that explain most. The order of the
 *   findings and of the dependencies makes no difference.
 */
export function rank(findings: readonly Finding[], dependencies: readonly Dependency[]): Cause[] {
  const nodes = distinct(findings);
  const direct = explanations(nodes, dependencies);
  const causes = nodes.map((_, index) => reach(index, direct));
  const isRoot = (index: number): boolean => [...(causes[index] ?? [])].every((cause) => causes[cause]?.has(index));
  const roots = nodes.flatMap((finding, index) => {
    if (!isRoot(index)) return [];
    const explained = nodes.filter((_, other) => !isRoot(other) && causes[other]?.has(index));
    return [{ finding, explained }];
  });
  roots.sort((a, b) => compare(weightOf(a), weightOf(b)) || byIdentity(a.finding, b.finding));
  const told = new Set<Finding>();
  return roots.map(({ finding, explained }) => {
    const consequences = explained.filter((consequence) => !told.has(consequence)).sort(byStage);
    for (const consequence of consequences) told.add(consequence);
    return { finding, consequences };
  });
}

/** For each finding, the indices of those that explain it at once. */
function explanations(findings: readonly Finding[], dependencies: readonly Dependency[]): Set<number>[] {
  const outgoing = new Map<string, Dependency[]>();
  for (const dependency of dependencies) {
    const known = outgoing.get(keyOf(dependency.from));
    if (known) known.push(dependency);
    else outgoing.set(keyOf(dependency.from), [dependency]);
  }
  const bySubject = new Map<string, number[]>();
  for (const [index, { about, isHarmless = false }] of findings.entries()) {
    if (isHarmless) continue;
    bySubject.set(keyOf(about), [...(bySubject.get(keyOf(about)) ?? []), index]);
  }
  return findings.map((finding) => {
    const own = keyOf(finding.about);
    const nearer = (bySubject.get(own) ?? []).filter((other) => stageOf(findings[other]) < stageOf(finding));
    const elsewhere = [...subjectsBehind(finding, outgoing)].filter((key) => key !== own);
    return new Set([...nearer, ...elsewhere.flatMap((key) => bySubject.get(key) ?? [])]);
  });
}

/** Keys of the subjects that a finding's own depends on, along the relations that it names. */
function subjectsBehind({ about, follows = [] }: Finding, outgoing: ReadonlyMap<string, Dependency[]>): Set<string> {
  const found = new Set<string>();
  const open = [keyOf(about)];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const { relation, to } of outgoing.get(key) ?? []) {
      if (!follows.includes(relation) || found.has(keyOf(to))) continue;
      found.add(keyOf(to));
      open.push(keyOf(to));
    }
  }
  return found;
}

function reach(start: number, direct: readonly ReadonlySet<number>[]): Set<number> {
  const found = new Set<number>();
  const open = [...(direct[start] ?? [])];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (found.has(index)) continue;
    found.add(index);
    open.push(...(direct[index] ?? []));
  }
  found.delete(start);
  return found;
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [identityOf(finding), finding])).values()].sort(byIdentity);
}

/** Smaller is more likely. */
function weightOf({ finding, explained }: { finding: Finding; explained: readonly Finding[] }): number[] {
  const isFailing = [finding, ...explained].some(({ severity }) => severity === "failing");
  return [isFailing ? 0 : 1, -explained.length, stageOf(finding)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

function stageOf(finding: Finding | undefined): number {
  return finding === undefined ? STAGES.length : STAGES.indexOf(finding.stage);
}

function byStage(a: Finding, b: Finding): number {
  return stageOf(a) - stageOf(b) || byIdentity(a, b);
}

function byIdentity(a: Finding, b: Finding): number {
  const [first, second] = [identityOf(a), identityOf(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function identityOf({ rule, about, says, stage }: Finding): string {
  return [rule, keyOf(about), stage, says].join("\n");
}
