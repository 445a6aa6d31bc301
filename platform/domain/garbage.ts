import { environmentOf, previewName } from "./names.ts";

/** What a list request found; one that failed or broke off says nothing of what is not in it. */
export type Listing<Item> =
  { readonly ok: true; readonly items: readonly Item[] } | { readonly ok: false; readonly problem: string };

/** Something that is there, and that no Environment object wants. */
export interface Leftover {
  readonly kind: "stack" | "namespace";
  readonly name: string;
  /** Name of the environment that it was made for. */
  readonly environment: string;
}

/** All that a search for leftovers depends on. */
export interface GarbageSituation {
  /** Names of all Environment objects, those that are being deleted too. Read last, so that none is missed that is new. */
  readonly environments: Listing<string>;
  /** Names of all stacks of the platform's state; those that no environment's stack can have are people's. */
  readonly stacks: Listing<string>;
  /** Namespaces that this platform made, with the environment's name that their label has. */
  readonly namespaces: Listing<{ readonly name: string; readonly environment: string }>;
  /** Stacks that an operation runs on. */
  readonly busy: ReadonlySet<string>;
  /** When leftovers were first reported, by {@link leftoverKey}; the last search's `reported`. */
  readonly reported: ReadonlyMap<string, Date>;
  readonly now: Date;
  /** How long a leftover stays after it was reported, in milliseconds. */
  readonly graceMs: number;
  /** Whether nothing is removed, only reported. */
  readonly dryRun: boolean;
}

/** What a search for leftovers found. */
export interface GarbageDecision {
  readonly leftovers: readonly Leftover[];
  /** To be kept, before anything is removed, for the next search. */
  readonly reported: ReadonlyMap<string, Date>;
  /** To be removed now: stacks by a destroy, which takes their namespaces along, namespaces without a stack by themselves. */
  readonly remove: readonly Leftover[];
  /** Why nothing can be said; undefined: every listing is complete. */
  readonly problem?: string;
}

/** Names a leftover among all others. */
export function leftoverKey({ kind, name }: Pick<Leftover, "kind" | "name">): string {
  return `${kind}/${name}`;
}

/**
 * Compares Environment objects with stacks and namespaces. What nobody wants is reported, and removed by a later search
 * that still finds it so. A listing that is not complete reports and removes nothing: what is not in it may be wanted.
 */
export function findGarbage(situation: GarbageSituation): GarbageDecision {
  const { environments, stacks, namespaces, busy, reported, now, graceMs, dryRun } = situation;
  if (!environments.ok || !stacks.ok || !namespaces.ok) {
    const problems = [environments, stacks, namespaces].flatMap((listing) => (listing.ok ? [] : [listing.problem]));
    return { leftovers: [], reported, remove: [], problem: problems.join("; ") };
  }
  const wanted = new Set(environments.items);
  const isLeft = ({ environment }: Leftover): boolean =>
    !wanted.has(environment) && !busy.has(previewName(environment));
  const leftStacks = stacks.items
    .flatMap((name): Leftover[] => {
      const environment = environmentOf(name);
      return environment === undefined ? [] : [{ kind: "stack", name, environment }];
    })
    .filter(isLeft);
  const leftNamespaces = namespaces.items
    .map((namespace): Leftover => ({ kind: "namespace", ...namespace }))
    .filter(isLeft);
  const leftovers = [...leftStacks, ...leftNamespaces];
  const known = new Set(stacks.items);
  const goesWithStack = ({ kind, environment }: Leftover): boolean =>
    kind === "namespace" && known.has(previewName(environment));
  const isDue = (leftover: Leftover): boolean => {
    const since = reported.get(leftoverKey(leftover));
    return since !== undefined && since.getTime() + graceMs <= now.getTime();
  };
  return {
    leftovers,
    reported: new Map(leftovers.map(leftoverKey).map((key): [string, Date] => [key, reported.get(key) ?? now])),
    remove: dryRun ? [] : leftovers.filter((leftover) => isDue(leftover) && !goesWithStack(leftover)),
  };
}
