import { Environments } from "../../../platform/adapters/kubernetes/environments.ts";
import { EventRecorder } from "../../../platform/adapters/kubernetes/events.ts";
import { OperationLog } from "../../../platform/adapters/kubernetes/operation-log.ts";
import type { DomainSettings } from "../../../platform/domain/decide.ts";
import { Operations } from "../../../platform/operations.ts";
import { Reconciler } from "../../../platform/reconciler.ts";
import type { PreviewEnvironment, PreviewEnvironmentSpec } from "../../../spec/index.ts";
import { quietLog } from "./quiet-log.ts";
import { ScriptedApi } from "./scripted-api.ts";
import { ScriptedClock, settle } from "./scripted-clock.ts";
import { ScriptedRunner } from "./scripted-runner.ts";

export const REPOSITORY = "https://git.example.com/team/shop";
export const PATH = "/apis/terrarium.dev/v1alpha1/namespaces/terrarium/environments";

/** A cluster in memory and a runner that tests rule, which several services after one another may have. */
export interface World {
  readonly clock: ScriptedClock;
  readonly api: ScriptedApi;
  readonly runner: ScriptedRunner;
}

export function newWorld(): World {
  const clock = new ScriptedClock();
  return { clock, api: new ScriptedApi(), runner: new ScriptedRunner(clock) };
}

/** What a test changes of the settings. */
export type SettingsChange = Partial<DomainSettings> & { readonly operations?: number };

/** The reconciler with all that it works on, started. */
export async function startService(world: World, { operations: limit = 10, ...change }: SettingsChange = {}) {
  const { clock, api, runner } = world;
  const log = quietLog();
  const settings: DomainSettings = {
    repositories: { "https://git.example.com/team/shop": { base: { services: { web: { image: "team/shop:1" } } } } },
    caps: {},
    ttl: { warningMs: 3_600_000 },
    drift: { mode: "ignore", intervalMs: 3_600_000 },
    retry: { waitingMs: 5_000, firstMs: 10_000, maxMs: 60_000 },
    supersedeAfterMs: 600_000,
    ...change,
  };
  let reconciler: Reconciler | undefined = undefined;
  const environments = new Environments({
    api,
    namespace: "terrarium",
    watch: api.watch,
    clock,
    log,
    changed: (name) => reconciler?.changed(name),
  });
  const operations: Operations = new Operations({
    runner,
    clock,
    log,
    limit: () => limit,
    openLog: (environment) => new OperationLog({ api, clock, log, environment }),
    changed: (name) => reconciler?.progressed(name),
    roomMade: () => reconciler?.roomMade(),
    ended: () => undefined,
  });
  // As in the real service: when a term begins, the objects are listed.
  await environments.start();
  reconciler = new Reconciler({
    environments,
    operations,
    events: new EventRecorder({ api, clock, log }),
    settings: () => settings,
    clock,
    log,
    failed: () => undefined,
    random: () => 0.5,
  });
  reconciler.allChanged();
  await settle();
  return { environments, operations, reconciler, log, settings };
}

/** Creates an Environment as a user does. */
export function createEnvironment(
  { api, clock }: World,
  name: string,
  spec: Partial<PreviewEnvironmentSpec> = {},
): void {
  api.create(
    PATH,
    {
      ...{ apiVersion: "terrarium.dev/v1alpha1", kind: "Environment" },
      metadata: { name, ...{ namespace: "terrarium" } },
      ...{ spec: { source: { repository: REPOSITORY, branch: "main" }, ...spec } },
    },
    clock.now(),
  );
}

/** An Environment as the API server has it. */
export function environmentOf({ api }: World, name: string): PreviewEnvironment | undefined {
  return api.objects.get(`${PATH}/${name}`) as PreviewEnvironment | undefined;
}
