import { type Facts, list, type SecretKeys, type SeenObject } from "../facts.ts";
import type { Finding, Rule, Subject } from "../finding.ts";
import { type Reference, referencesOf } from "../references.ts";
import { DNS } from "../relations.ts";
import { nameOf, type Workload, workloadsOf } from "../workloads.ts";

/** Pods need an object, or a key of it, that is not there. */
export const missingReferences: Rule = (facts) => {
  const found = new Map<string, { readonly about: Subject; readonly key?: string; readonly users: Set<string> }>();
  for (const workload of workloadsOf(facts).filter(isWanted)) {
    const { namespace } = workload.subject;
    for (const reference of [...referencesOf(workload.podSpec), ...configuredKeys(facts, workload)]) {
      const { kind, name } = reference;
      const missing = missingOf(facts, reference, namespace);
      if (missing === undefined) continue;
      const about = { kind, name, namespace };
      const id = JSON.stringify([about, missing]);
      const known = found.get(id) ?? { about, key: missing.key, users: new Set() };
      known.users.add(nameOf(workload.subject, facts));
      found.set(id, known);
    }
  }
  return [...found.values()].map(({ about, key, users }): Finding => {
    const what = nameOf(about, facts);
    const needed = [...users].join(", ");
    return {
      rule: "missing-reference",
      about,
      stage: "failure",
      severity: "failing",
      says: `${what} ${key === undefined ? "is not there" : `has no key ${key}`}, and ${needed} can't start without it.`,
      evidence: [`${needed} refers to ${what}${key === undefined ? "" : `, key ${key}`}`],
      next: facts.target.repair,
    };
  });
};

function configuredKeys({ secretNeeds = [], target }: Facts, { subject }: Workload): Reference[] {
  if (subject.namespace !== target.name) return [];
  const needs = secretNeeds.filter(({ name }) => name === subject.name);
  return needs.flatMap(({ name, keys }) => keys.map((key) => ({ kind: "Secret", name, key }) as const));
}

/** A finished Job needs nothing any more; of the cluster's DNS, only what runs is read. */
function isWanted({ subject, pods, desired }: Workload): boolean {
  if (subject.namespace === DNS.namespace) return false;
  return subject.kind === "Job" ? pods.some(({ status }) => status?.phase === "Pending") : desired !== 0;
}

/** What is not there: the object as a whole, or only its key. Objects that could not be read are taken to be there. */
function missingOf(
  facts: Facts,
  { kind, name, key }: Reference,
  namespace: string | undefined,
): { readonly key?: string } | undefined {
  const known = knownObjects(facts, kind);
  if (known === undefined) return undefined;
  const object = known.find((entry) => entry.name === name && entry.namespace === namespace);
  if (object === undefined) return {};
  return key === undefined || object.keys.includes(key) ? undefined : { key };
}

function knownObjects(facts: Facts, kind: Reference["kind"]): readonly SecretKeys[] | undefined {
  if (kind === "Secret") return facts.secrets;
  if (facts.objects[kind] === undefined) return undefined;
  return list(facts, kind).map((object) => {
    const { metadata, data, binaryData } = object as SeenObject<"ConfigMap">;
    const keys = Object.keys({ ...data, ...binaryData });
    return { name: metadata?.name ?? "", namespace: metadata?.namespace ?? "", keys };
  });
}
