import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../../../platform/adapters/kubernetes/api.ts";
import { LEASE, PlatformCluster, type PlatformProcess, until } from "../platform-cluster.ts";
import { findLeaks } from "./leaks.ts";
import {
  type ChaosOptions,
  type ChaosPlan,
  planChaos,
  REPOSITORIES,
  type ServiceKill,
  type UserAction,
} from "./plan.ts";
import { killEverything, killNow, serviceProcesses } from "./service-processes.ts";
import { formatReport } from "./report.ts";
import { Story } from "./story.ts";
import { Watcher } from "./watcher.ts";

/** How a run went. */
export interface ChaosResult {
  /** What is not as it should be; empty: all is well. */
  readonly problems: readonly string[];
  /** What happened, as tables. */
  readonly report: string;
}

const IMAGE = "registry.example.com/team/web";
/** Seconds for a service to lead: the Lease of the one before it has to run out, and the API server may be away. */
const LEADS_WITHIN_SECONDS = 120;
/** Seconds for what has to wait until other environments had their turn. */
const TURN_WITHIN_SECONDS = 1800;
/** Seconds from the last event until all is as wanted, for each environment and besides. */
const SETTLES_WITHIN_SECONDS = [12, 120] as const;

const web = { image: `${IMAGE}:1`, secrets: { SESSION_SECRET: { generate: {} } } };
const CONFIG = {
  repositories: {
    [REPOSITORIES.pages]: { base: { services: { web } }, images: { [IMAGE]: "{commit}" } },
    [REPOSITORIES.shop]: {
      base: {
        services: { web: { ...web, calls: ["postgres"] } },
        dataStores: { postgres: { engine: "postgres" } },
        migrations: { migrate: { image: `${IMAGE}:1`, dataStore: "postgres", command: ["migrate"] } },
      },
      images: { [IMAGE]: "{commit}" },
    },
  },
  retry: { waiting: "2s", first: "2s", max: "20s" },
  logLevel: "debug",
};

/** Lets users and faults loose on a platform service of its own, and looks what comes of it. */
export async function runChaos(options: ChaosOptions, say: (line: string) => void): Promise<ChaosResult> {
  const cluster = await PlatformCluster.create();
  try {
    return await new ChaosRun(cluster, options, say).run();
  } finally {
    await killEverything(cluster.mark);
    await cluster.remove();
  }
}

class ChaosRun {
  readonly #cluster: PlatformCluster;
  readonly #options: ChaosOptions;
  readonly #plan: ChaosPlan;
  readonly #story: Story;
  readonly #watcher: Watcher;
  readonly #services: PlatformProcess[] = [];
  readonly #problems: string[] = [];

  constructor(cluster: PlatformCluster, options: ChaosOptions, say: (line: string) => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#plan = planChaos(options);
    this.#story = new Story(say);
    this.#watcher = new Watcher(cluster);
  }

  async run(): Promise<ChaosResult> {
    const over = new AbortController();
    const watching = this.#watcher.run(over.signal);
    const users = [...this.#plan.users].map(([name, actions]) => this.#user(name, actions));
    const [service] = await Promise.all([
      this.#keepService(),
      this.#crashProviders(),
      this.#restartApiServer(),
      ...users,
    ]);
    const settledAfter = await this.#settle(service);
    over.abort();
    await watching;
    const code = await service.stop();
    if (code !== 0) this.#problems.push(`the last service ended with code ${String(code)}`);
    this.#problems.push(...(await findLeaks(this.#cluster, this.#watcher.wanted)));
    const report = formatReport({
      plan: this.#plan,
      story: this.#story,
      watcher: this.#watcher,
      services: this.#services,
      settledAfter,
    });
    return { problems: this.#problems, report };
  }

  async #user(name: string, actions: readonly UserAction[]): Promise<void> {
    let commit: string | undefined;
    for (const action of actions) {
      await this.#reach(action.at);
      switch (action.do) {
        case "create":
          ({ commit } = action.spec.source);
          // What had the name before may not be gone yet.
          await untilAccepted(() => this.#cluster.createEnvironment(name, action.spec));
          break;
        case "change":
          commit = action.commit ?? commit;
          await untilAccepted(() => this.#cluster.changeEnvironment(name, action.spec));
          break;
        case "delete":
          await untilAccepted(() => this.#cluster.deleteEnvironment(name));
      }
      this.#watcher.wish(name, action.do === "delete" ? undefined : { commit });
    }
  }

  /** Starts one service after another, and kills all but the last one. */
  async #keepService(): Promise<PlatformProcess> {
    for (const kill of this.#plan.kills) {
      const startedAt = this.#story.seconds;
      const service = this.#start();
      if (kill.leads) await leads(service);
      const ledAfter = kill.leads ? `led after ${(this.#story.seconds - startedAt).toFixed(1)} s` : "was starting";
      await delay(kill.afterSeconds * 1000);
      if (service.child.exitCode !== null)
        this.#problems.push(`a service ended by itself: ${service.log.slice(-1000)}`);
      await this.#kill(service, kill, ledAfter);
    }
    const last = this.#start();
    await leads(last);
    this.#story.tell("a service leads that is not killed any more");
    return last;
  }

  #start(): PlatformProcess {
    const service = this.#cluster.start(`service-${this.#services.length + 1}`, CONFIG);
    this.#services.push(service);
    return service;
  }

  async #kill(service: PlatformProcess, { withOperations }: ServiceKill, ledAfter: string): Promise<void> {
    const engines = (await serviceProcesses(this.#cluster.mark)).filter(({ role }) => role === "engine").length;
    const ended = service.kill();
    if (withOperations) await killEverything(this.#cluster.mark);
    await ended;
    if (!this.#options.keepLease) await untilAccepted(() => this.#removeLease());
    const what = withOperations ? "service and all its processes killed" : "service killed";
    this.#story.tell(`${what}; it ${ledAfter}, ${engines} engines ran`);
  }

  async #removeLease(): Promise<void> {
    if ((await this.#cluster.read(LEASE)) !== undefined) await this.#cluster.api.send("DELETE", LEASE);
  }

  async #crashProviders(): Promise<void> {
    for (const { at, choice } of this.#plan.providerCrashes) {
      await this.#reach(at);
      const found = await until(async () => {
        const running = (await serviceProcesses(this.#cluster.mark)).filter(({ role }) => role === "provider");
        return { done: running.length > 0, value: running[Math.floor(choice * running.length)], state: "none runs" };
      }, TURN_WITHIN_SECONDS);
      if (found === undefined) continue;
      killNow(found.pid);
      const name = /pulumi-resource-(\w+)/.exec(found.commandLine)?.[1] ?? "";
      this.#story.tell(`provider killed: ${name}`);
    }
  }

  async #restartApiServer(): Promise<void> {
    for (const { at, awaySeconds } of this.#plan.apiRestarts) {
      await this.#reach(at);
      const startedAt = this.#story.seconds;
      await this.#cluster.restartApiServer(awaySeconds);
      this.#story.tell(`API server killed; it was away for ${(this.#story.seconds - startedAt).toFixed(1)} s`);
    }
  }

  /** Waits until all is as wanted. @returns seconds. */
  async #settle(service: PlatformProcess): Promise<number> {
    const { seconds: startedAt } = this.#story;
    this.#story.tell(`nothing more happens; not yet as wanted: ${this.#watcher.unfulfilled.length}`);
    const isOver = () => {
      const { unfulfilled } = this.#watcher;
      const done = unfulfilled.length === 0 || service.child.exitCode !== null;
      return Promise.resolve({ done, value: undefined, state: unfulfilled.join("\n") });
    };
    const [each, besides] = SETTLES_WITHIN_SECONDS;
    await until(isOver, besides + each * this.#options.environments).catch((error: unknown) =>
      this.#problems.push(String(error)),
    );
    this.#story.tell("all is as wanted, or the time is over");
    return this.#story.seconds - startedAt;
  }

  async #reach(seconds: number): Promise<void> {
    await delay(Math.max(0, seconds - this.#story.seconds) * 1000);
  }
}

async function leads(service: PlatformProcess): Promise<void> {
  await service.says('"leading"', LEADS_WITHIN_SECONDS);
}

/** Goes on trying while the API server is away, and where the object is in another's hands. */
async function untilAccepted(request: () => Promise<unknown>): Promise<void> {
  await until(async () => {
    try {
      await request();
      return { done: true, value: undefined, state: undefined };
    } catch (error) {
      if (!(error instanceof ApiError) || ![0, 409, 429, 500, 503].includes(error.status)) throw error;
      return { done: false, value: undefined, state: error.message };
    }
  }, TURN_WITHIN_SECONDS);
}
