import type { Environments } from "./adapters/kubernetes/environments.ts";
import { type Clock, pause } from "./clock.ts";
import { fingerprint } from "./domain/fingerprint.ts";
import { findGarbage, type GarbageDecision, type Leftover, leftoverKey, type Listing } from "./domain/garbage.ts";
import { type Log, reasonOf } from "./log.ts";
import type { Operations } from "./operations.ts";

/** What garbage collection reads and does outside of the service. Each may reject. */
export interface GarbageWorld {
  /** Names of all stacks of the platform's state. */
  readonly listStacks: () => Promise<readonly string[]>;
  /** Namespaces that this platform made, with the environments' names that they carry. */
  readonly listNamespaces: () => Promise<readonly { readonly name: string; readonly environment: string }[]>;
  readonly deleteNamespace: (name: string) => Promise<void>;
  /** When each leftover was first reported, by its key. */
  readonly readReport: () => Promise<ReadonlyMap<string, Date>>;
  readonly writeReport: (reported: ReadonlyMap<string, Date>) => Promise<void>;
  /** Remembers, for people, that something was removed. */
  readonly recordRemoval: (leftover: Leftover, reportedAt: Date, at: Date) => Promise<void>;
}

/** Settings of garbage collection, in milliseconds. */
export interface GarbageSettings {
  readonly intervalMs: number;
  /** How long a leftover stays after it was reported. */
  readonly graceMs: number;
  /** Whether nothing is removed, only reported. */
  readonly dryRun: boolean;
}

/** Arguments of {@link GarbageCollection}. */
export interface GarbageCollectionArgs {
  readonly world: GarbageWorld;
  readonly environments: Pick<Environments, "read" | "readNames">;
  readonly operations: Operations;
  readonly settings: () => GarbageSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Told how much was found. */
  readonly found: (kind: Leftover["kind"], count: number) => void;
}

/** Finds stacks and namespaces that no Environment object wants, reports them, and removes them once they were reported. */
export class GarbageCollection {
  readonly #args: GarbageCollectionArgs;

  constructor(args: GarbageCollectionArgs) {
    this.#args = args;
  }

  /** Searches again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#args;
    for (
      await pause(clock, settings().intervalMs, signal);
      !signal.aborted;
      await pause(clock, settings().intervalMs, signal)
    )
      await this.search(signal);
  }

  /** Searches once, and removes what is due. Never rejects. */
  async search(signal: AbortSignal): Promise<void> {
    const { log } = this.#args;
    try {
      const decision = await this.#decide();
      if (decision.problem !== undefined) {
        log.warn("the search for leftovers is not complete; nothing is removed", { reason: decision.problem });
        return;
      }
      this.#report(decision);
      // Nothing is removed that is not written down as reported.
      await this.#args.world.writeReport(decision.reported);
      for (const leftover of decision.remove) if (!signal.aborted) await this.#remove(leftover, decision);
    } catch (error) {
      log.warn("the search for leftovers failed", { reason: reasonOf(error) });
    }
  }

  async #decide(): Promise<GarbageDecision> {
    const { world, environments, operations, settings, clock } = this.#args;
    const [stacks, namespaces, reported] = await Promise.all([
      listing(world.listStacks()),
      listing(world.listNamespaces()),
      world.readReport(),
    ]);
    const busy = operations.stacks();
    return findGarbage({
      // Last, so that none is missed that came meanwhile.
      environments: await listing(environments.readNames()),
      stacks,
      namespaces,
      reported,
      busy,
      now: clock.now(),
      ...settings(),
    });
  }

  #report({ leftovers, reported }: GarbageDecision): void {
    const { log, found, settings } = this.#args;
    for (const kind of ["stack", "namespace"] as const)
      found(kind, leftovers.filter((leftover) => leftover.kind === kind).length);
    for (const leftover of leftovers) {
      const since = reported.get(leftoverKey(leftover))?.toISOString();
      log.warn("no environment wants this", {
        kind: leftover.kind,
        name: leftover.name,
        since,
        dryRun: settings().dryRun,
      });
    }
  }

  async #remove(leftover: Leftover, { reported }: GarbageDecision): Promise<void> {
    const { world, environments, log, clock } = this.#args;
    const { kind, name, environment } = leftover;
    if ((await environments.read(environment)) !== undefined) return;
    log.info("a leftover is being removed", { kind, name });
    if (kind === "namespace") await world.deleteNamespace(name);
    else if (!(await this.#destroy(leftover))) return;
    const now = clock.now();
    await world.recordRemoval(leftover, reported.get(leftoverKey(leftover)) ?? now, now);
  }

  /** @returns whether the stack is gone. */
  async #destroy({ kind, name, environment }: Leftover): Promise<boolean> {
    const { operations, log, clock } = this.#args;
    const id = `destroy-${fingerprint([name, clock.now().getTime()]).slice(0, 12)}`;
    const outcome = await operations.collect(environment, { id, kind: "destroy", stack: name, namespace: name });
    if (outcome?.ok === false)
      log.warn("a leftover could not be removed", { kind, name, reason: outcome.reason, details: outcome.message });
    return outcome?.ok === true;
  }
}

async function listing<Item>(reading: Promise<readonly Item[]>): Promise<Listing<Item>> {
  try {
    return { ok: true, items: await reading };
  } catch (error) {
    return { ok: false, problem: reasonOf(error) };
  }
}
