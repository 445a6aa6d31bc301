import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { previewName } from "../../../platform/domain/names.ts";
import type { PreviewEnvironment } from "../../../spec/index.ts";
import { findLeaks, locksOf, objectsOf, readStack, stateDifferences } from "../chaos/leaks.ts";
import { killEverything, serviceProcesses } from "../chaos/service-processes.ts";
import { PROJECT } from "../checkout.ts";
import { LEASE, PlatformCluster, type PlatformProcess, until } from "../platform-cluster.ts";
import type { KillCase } from "./cases.ts";
import { CRASH_VARIABLE } from "./crash-point.ts";

/** What a kill left, and what became of it. */
export interface KillResult {
  /** Whether the stack was locked. */
  readonly isLocked: boolean;
  /** Operations of the engine that the state notes as open. */
  readonly open: number;
  /** Kubernetes objects that the state has; undefined where there is no state. */
  readonly inState: number | undefined;
  readonly inCluster: number;
  /** Operations until the environment was as wanted, the one in which something was killed included. */
  readonly operations: number;
  readonly seconds: number;
  /** What is not as it should be at last. */
  readonly problems: readonly string[];
}

const REPOSITORY = "https://git.example.com/team/shop";
const IMAGE = "registry.example.com/team/shop";
const service = { image: `${IMAGE}:1` };
const CONFIG = {
  repositories: {
    [REPOSITORY]: {
      base: { services: { web: { ...service, secrets: { KEY: { generate: {} } } }, api: service, worker: service } },
      images: { [IMAGE]: "{commit}" },
    },
  },
  retry: { waiting: "2s", first: "2s" },
};
const [FIRST, SECOND] = ["1".repeat(40), "2".repeat(40)];
/** Seconds in which an environment must be as wanted after a kill. */
const CONVERGES_WITHIN_SECONDS = 120;

/** A platform service of which something is killed, one point after the other. */
export class Killer {
  readonly #cluster: PlatformCluster;
  readonly #crashFile: string;
  #service: PlatformProcess;

  private constructor(cluster: PlatformCluster) {
    this.#cluster = cluster;
    this.#crashFile = join(cluster.dataFolder, "..", "crash.json");
    this.#service = this.#start();
  }

  static async create(): Promise<Killer> {
    const killer = new Killer(await PlatformCluster.create());
    await killer.#service.says('"leading"');
    return killer;
  }

  /** Does something with an environment, kills something meanwhile, and waits until the environment is as wanted. */
  async run(name: string, { action, point }: KillCase): Promise<KillResult> {
    const cluster = this.#cluster;
    const stack = previewName(name);
    const started = this.#count("operation started");
    const ended = this.#count("operation ended");
    const killed = this.#service;
    writeFileSync(this.#crashFile, JSON.stringify(point));
    const source = { repository: REPOSITORY, branch: "main", commit: FIRST };
    if (action === "create") await cluster.createEnvironment(name, { source });
    else if (action === "update") await cluster.changeEnvironment(name, { source: { commit: SECOND } });
    else await cluster.deleteEnvironment(name);
    await this.#reached();
    const since = performance.now();
    if (point.target === "service") await this.#ended(killed);
    else await until(() => Promise.resolve(look(this.#count("operation ended") > ended)), 90);
    const left = await this.#left(stack);
    let operations = this.#count("operation started") - started;
    if (point.target === "service") {
      await cluster.read(LEASE).then((lease) => lease && cluster.api.send("DELETE", LEASE));
      this.#service = this.#start();
    }
    const before = point.target === "service" ? 0 : started + operations;
    const commit = action === "destroy" ? undefined : action === "create" ? FIRST : SECOND;
    await cluster.environmentUntil(name, (environment) => isAsWanted(environment, commit), CONVERGES_WITHIN_SECONDS);
    operations += this.#count("operation started") - before;
    const seconds = (performance.now() - since) / 1000;
    return { ...left, operations, seconds, problems: await this.#problems(stack, commit !== undefined) };
  }

  /** Ends the service. @returns what it left. */
  async end(): Promise<string[]> {
    const code = await this.#service.stop();
    const leaks = await findLeaks(this.#cluster, new Set());
    return code === 0 ? leaks : [...leaks, `the service ended with code ${String(code)}`];
  }

  async remove(): Promise<void> {
    await killEverything(this.#cluster.mark);
    await this.#cluster.remove();
  }

  #start(): PlatformProcess {
    const crashPoint = join(PROJECT, "tests/engine/kills/crash-point.ts");
    const variables = {
      [CRASH_VARIABLE]: this.#crashFile,
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${crashPoint}`,
    };
    return this.#cluster.start("killed", CONFIG, { variables });
  }

  async #reached(): Promise<void> {
    const file = `${this.#crashFile}.reached`;
    await until(() => Promise.resolve(look(existsSync(file), this.#service.log)), 90);
    rmSync(file);
  }

  /** Waits until a service that is killed, and its operations, have ended. */
  async #ended({ child }: PlatformProcess): Promise<void> {
    await until(async () => {
      const running = await serviceProcesses(this.#cluster.mark);
      return look(child.signalCode !== null && running.length === 0, JSON.stringify(running));
    }, 90);
  }

  async #left(stack: string): Promise<Pick<KillResult, "isLocked" | "open" | "inState" | "inCluster">> {
    const state = readStack(this.#cluster, stack);
    const known = state?.resources.filter(({ type, id }) => type.startsWith("kubernetes:") && id !== undefined);
    return {
      isLocked: locksOf(this.#cluster, stack).length > 0,
      open: state?.pending_operations.length ?? 0,
      inState: known?.length,
      inCluster: (await objectsOf(this.#cluster, stack)).length,
    };
  }

  async #problems(stack: string, isWanted: boolean): Promise<string[]> {
    const locks = locksOf(this.#cluster, stack);
    if (isWanted) return [...locks, ...(await stateDifferences(this.#cluster, stack))];
    const objects = await objectsOf(this.#cluster, stack);
    return [...locks, ...objects, ...(readStack(this.#cluster, stack) ? [`${stack} still has state`] : [])];
  }

  #count(message: string): number {
    return this.#service.log.split(`"message":"${message}"`).length - 1;
  }
}

function look(done: boolean, state = "not yet"): { done: boolean; value: undefined; state: string } {
  return { done, value: undefined, state };
}

function isAsWanted(environment: PreviewEnvironment | undefined, commit: string | undefined): boolean {
  if (commit === undefined) return environment === undefined;
  const { metadata, status } = environment ?? {};
  return (
    status?.phase === "Ready" &&
    status.operation === undefined &&
    status.commit === commit &&
    status.observedGeneration === metadata?.generation
  );
}
