import type { PreviewEnvironmentSpec } from "../../../spec/index.ts";
import { Chance } from "./chance.ts";

/** How large a run is, and what its choices follow from. */
export interface ChaosOptions {
  readonly seed: number;
  readonly environments: number;
  readonly kills: number;
  readonly apiRestarts: number;
  readonly providerCrashes: number;
  /** Whether a service waits until the Lease of the one that was killed has run out; otherwise the Lease is removed. */
  readonly keepLease: boolean;
}

/** What a user does with one environment, in seconds from the start of the run. */
export type UserAction =
  | { readonly at: number; readonly do: "create"; readonly spec: PreviewEnvironmentSpec }
  | { readonly at: number; readonly do: "change"; readonly spec: object; readonly commit?: string }
  | { readonly at: number; readonly do: "delete" };

/** How one service ends. */
export interface ServiceKill {
  /** Whether it already leads when the time begins that it has left. */
  readonly leads: boolean;
  readonly afterSeconds: number;
  /** Whether its operations are killed with it, as when a machine fails; otherwise they are orphans. */
  readonly withOperations: boolean;
}

/** A time at which the API server is killed, and how long it stays away, in seconds. */
export interface ApiRestart {
  readonly at: number;
  readonly awaySeconds: number;
}

/** A time from which on the next provider that runs is killed; `choice` (0 to below 1) says which where there are several. */
export interface ProviderCrash {
  readonly at: number;
  readonly choice: number;
}

/** Everything that will happen in a run. */
export interface ChaosPlan {
  /** Seconds in which users act. */
  readonly seconds: number;
  /** By name of the environment, each in order of time. */
  readonly users: ReadonlyMap<string, readonly UserAction[]>;
  /** One service after another. */
  readonly kills: readonly ServiceKill[];
  readonly apiRestarts: readonly ApiRestart[];
  readonly providerCrashes: readonly ProviderCrash[];
}

/** A service alone, and one with a database, a migration and a secret. */
export const REPOSITORIES = {
  pages: "https://git.example.com/team/pages",
  shop: "https://git.example.com/team/shop",
} as const;

/** Decides everything that will happen. */
export function planChaos(options: ChaosOptions): ChaosPlan {
  const { seed, kills, environments, keepLease } = options;
  const seconds = Math.max(3 * environments, kills * (keepLease ? 20 : 5));
  const names = Array.from({ length: environments }, (_, index) => `env-${String(index + 1).padStart(3, "0")}`);
  const users = new Map(names.map((name) => [name, planUser(new Chance(seed, name), seconds)]));
  const fate = new Chance(seed, "kills");
  const servers = new Chance(seed, "API server");
  const providers = new Chance(seed, "providers");
  return {
    seconds,
    users,
    kills: Array.from({ length: kills }, () => ({
      leads: fate.happens(0.9),
      afterSeconds: fate.between(0.5, keepLease ? 20 : 6),
      withOperations: fate.happens(1 / 3),
    })),
    apiRestarts: times(servers, options.apiRestarts, seconds).map((at) => ({
      at,
      // Longer than a leader may go without renewing its Lease, too.
      awaySeconds: servers.pick([0, 0, 3, 13]),
    })),
    providerCrashes: times(providers, options.providerCrashes, seconds).map((at) => ({
      at,
      choice: providers.next(),
    })),
  };
}

/** An environment is created, changed now and then, and often deleted before the end; some come back under their name. */
function planUser(chance: Chance, seconds: number): UserAction[] {
  let at = chance.between(0, 0.6 * seconds);
  const later = (): number => (at = chance.between(at, seconds));
  const repository = chance.happens(0.75) ? REPOSITORIES.pages : REPOSITORIES.shop;
  const create = (): UserAction => {
    const source = { repository, branch: "main", commit: commitOf(chance) };
    return { at, do: "create", spec: { source } };
  };
  const actions = [create()];
  for (let changes = Math.floor(chance.between(0, 3)); changes > 0; changes--)
    actions.push(planChange(chance, later()));
  if (chance.happens(0.3)) {
    actions.push({ at: later(), do: "delete" });
    later();
    if (chance.happens(0.3)) actions.push(create());
  }
  return actions;
}

function planChange(chance: Chance, at: number): UserAction {
  if (chance.happens(0.2)) {
    const replicas = 1 + Math.floor(chance.between(0, 3));
    return { at, do: "change", spec: { overrides: { services: { web: { replicas } } } } };
  }
  const commit = commitOf(chance);
  return { at, do: "change", spec: { source: { commit } }, commit };
}

function commitOf(chance: Chance): string {
  return Array.from({ length: 40 }, () => Math.floor(chance.between(0, 16)).toString(16)).join("");
}

/** One time in each of several equal parts of the run's middle. */
function times(chance: Chance, count: number, seconds: number): number[] {
  const part = (0.85 * seconds) / Math.max(1, count);
  return Array.from({ length: count }, (_, index) => 0.05 * seconds + part * (index + chance.next()));
}
