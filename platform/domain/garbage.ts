import { isPreviewName, previewName } from "./names.ts";

/** What a list request found; one that failed or broke off says nothing of what is not in it. */
export type Listing<Item> =
  { readonly ok: true; readonly items: readonly Item[] } | { readonly ok: false; readonly problem: string };

/** Something that is there, and that no Environment object wants. */
export interface Leftover {
  readonly kind: "stack" | "namespace";
  readonly name: string;
}

/** All that a search for leftovers depends on. */
export interface GarbageSituation {
  /** Names of all Environment objects, those that are being deleted too. Read last, so that none is missed that is new. */
  readonly environments: Listing<string>;
  /** Names of all stacks of the platform's state. */
  readonly stacks: Listing<string>;
  /** Namespaces that Terrarium made, with the environment's name that they carry (label app.kubernetes.io/instance). */
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
export function leftoverKey({ kind, name }: Leftover): string {
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
  const wanted = new Set(environments.items.map(previewName));
  const isLeftover = (stack: string): boolean => isPreviewName(stack) && !wanted.has(stack) && !busy.has(stack);
  const known = new Set(stacks.items);
  const leftStacks = stacks.items.filter(isLeftover);
  const leftNamespaces = namespaces.items.filter(({ environment }) => isLeftover(environment));
  const leftovers: Leftover[] = [
    ...leftStacks.map((name) => ({ kind: "stack" as const, name })),
    ...leftNamespaces.map(({ name }) => ({ kind: "namespace" as const, name })),
  ];
  const ownedByStack = new Set(
    leftNamespaces.flatMap(({ name, environment }) => (known.has(environment) ? [name] : [])),
  );
  const isDue = (leftover: Leftover): boolean => {
    const since = reported.get(leftoverKey(leftover));
    return since !== undefined && since.getTime() + graceMs <= now.getTime();
  };
  return {
    leftovers,
    reported: new Map(leftovers.map(leftoverKey).map((key): [string, Date] => [key, reported.get(key) ?? now])),
    remove: dryRun
      ? []
      : leftovers.filter((left) => isDue(left) && !(left.kind === "namespace" && ownedByStack.has(left.name))),
  };
}
