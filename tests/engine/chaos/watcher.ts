import { setTimeout as delay } from "node:timers/promises";
import type { Phase, PreviewEnvironment } from "../../../spec/index.ts";
import { ENVIRONMENTS, type PlatformCluster } from "../platform-cluster.ts";

/** What an environment is to come to; undefined: it is to be gone. */
export type Wish = { readonly commit: string | undefined } | undefined;

/** Milliseconds between two looks. */
const EVERY_MS = 1_000;

const TROUBLE: readonly (Phase | undefined)[] = ["Failed", "DeleteBlocked"];

/** Looks at all environments once a second, whether they are as they are wanted, and how they fare. */
export class Watcher {
  /** How often an environment was seen to fail, by reason; a message of each. */
  readonly failures = new Map<string, { count: number; readonly message: string }>();
  /** Seconds from each wish until the environment was seen to be as wished. */
  readonly waits: number[] = [];
  /** Names of those that were seen to have failed. */
  readonly troubled = new Set<string>();
  readonly #cluster: PlatformCluster;
  readonly #wishes = new Map<string, { readonly wish: Wish; readonly since: number; done: boolean }>();
  readonly #phases = new Map<string, Phase | undefined>();

  constructor(cluster: PlatformCluster) {
    this.#cluster = cluster;
  }

  /** Takes down what somebody wants of an environment from now on. */
  wish(name: string, wish: Wish): void {
    this.#wishes.set(name, { wish, since: performance.now(), done: false });
  }

  /** Names of the environments that there should be. */
  get wanted(): Set<string> {
    return new Set([...this.#wishes].filter(([, { wish }]) => wish !== undefined).map(([name]) => name));
  }

  /** Environments that were not as wished at the last look, with their phases. */
  get unfulfilled(): string[] {
    const open = [...this.#wishes].filter(([, { done }]) => !done);
    return open.map(([name]) => `${name} ${this.#phases.get(name) ?? "(none)"}`);
  }

  /** Looks until the signal aborts. The API server may be away. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const askedAt = performance.now();
      const list = this.#cluster.api.send<{ items: PreviewEnvironment[] }>("GET", ENVIRONMENTS);
      const found = await list.catch(() => undefined);
      if (found !== undefined) this.#look(found.items, askedAt);
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #look(environments: readonly PreviewEnvironment[], askedAt: number): void {
    const byName = new Map(environments.map((environment) => [environment.metadata.name, environment]));
    for (const [name, environment] of byName) this.#see(name, environment);
    for (const [name, open] of this.#wishes) {
      // What was wished after the question says nothing of the answer.
      if (open.done || open.since > askedAt || !isFulfilled(byName.get(name), open.wish)) continue;
      open.done = true;
      this.waits.push((askedAt - open.since) / 1000);
      this.#phases.set(name, byName.get(name)?.status?.phase);
    }
  }

  #see(name: string, { status }: PreviewEnvironment): void {
    const before = this.#phases.get(name);
    this.#phases.set(name, status?.phase);
    if (status?.phase === before || !TROUBLE.includes(status?.phase)) return;
    this.troubled.add(name);
    const type = status?.phase === "Failed" ? "Ready" : "DeleteBlocked";
    const { reason = "unknown", message = "" } = status?.conditions?.find((each) => each.type === type) ?? {};
    const known = this.failures.get(`${type} ${reason}`) ?? { count: 0, message: `${name}: ${message}` };
    known.count += 1;
    this.failures.set(`${type} ${reason}`, known);
  }
}

function isFulfilled(environment: PreviewEnvironment | undefined, wish: Wish): boolean {
  if (wish === undefined || environment === undefined) return wish === undefined && environment === undefined;
  const { metadata, status } = environment;
  return (
    status?.phase === "Ready" &&
    status.operation === undefined &&
    status.commit === wish.commit &&
    status.observedGeneration === metadata.generation &&
    metadata.deletionTimestamp === undefined
  );
}
