import { join } from "node:path";
import { type Facts } from "../../clusters/facts.ts";
import type { Toolchain } from "../../clusters/toolchain/index.ts";
import { parseQuantity, toMilliseconds } from "../../spec/index.ts";
import type { Runner } from "../domain/operation.ts";
import { listStacks } from "./list-stacks.ts";
import { sampleStack } from "./new-stack.ts";
import { ProcessRunner } from "./process-runner.ts";
import type { RunnerSettings } from "./settings.ts";
import { locateState } from "./state-location.ts";
import type { TargetCluster, TaskSettings } from "./task.ts";

/** Arguments of {@link createRunner}. */
export interface RunnerArgs {
  readonly settings: RunnerSettings;
  /** The cluster that environments run in. */
  readonly cluster: TargetCluster;
  /** The service's own folder: state, passphrase and what operations need while they run, unless the settings say otherwise. */
  readonly dataFolder: string;
  /** With pulumi and kubectl. */
  readonly toolchain: Toolchain;
  readonly env: NodeJS.ProcessEnv;
  /** Reads what the cluster says of itself. */
  readonly facts: () => Promise<Facts>;
  /** Pods of the platform: see {@link TaskSettings.platformPods}. */
  readonly platformPods?: TaskSettings["platformPods"];
}

/** Runs operations as the settings say. */
export interface ConfiguredRunner extends Runner {
  /** Names of the stacks that have state, sorted. @throws Error when the state can't be reached. */
  readonly listStacks: () => Promise<string[]>;
  /** Ends what waits for operations. Operations run on. */
  readonly close: () => void;
}

/** How long what a cluster says of itself is believed, in milliseconds. */
const factsKeptMs = 60_000;

/**
 * Makes the runner.
 *
 * @throws Error when the settings name a file that can't be read.
 */
export function createRunner(args: RunnerArgs): ConfiguredRunner {
  const { settings, dataFolder, env } = args;
  const task = toTaskSettings(args);
  const facts = keepFor(factsKeptMs, args.facts);
  // Pulumi creates stacks, and says what is wrong, where it could not create this one.
  const sample = keepFor(Infinity, () => sampleStack(task).catch(() => undefined));
  const runner = new ProcessRunner({
    settings: task,
    surroundings: async () => {
      const [known, created] = await Promise.all([facts(), sample()]);
      return { facts: known, sample: created };
    },
    memoryBytes: Number(parseQuantity(settings.memory, "bytes")),
    spare: settings.spare,
    spareForMs: toMilliseconds(settings.spareFor),
    workFolder: join(dataFolder, "operations"),
    env,
  });
  return {
    start: (request, listen) => runner.start(request, listen),
    listStacks: () => listStacks(task),
    close: () => {
      runner.close();
    },
  };
}

/** The settings as an operation gets them. */
export function toTaskSettings({ settings, cluster, dataFolder, toolchain, platformPods }: RunnerArgs): TaskSettings {
  return {
    project: settings.project,
    state: locateState(settings, dataFolder),
    cluster,
    policyPacks: settings.policyPacks,
    parallel: settings.parallel,
    timeoutMs: toMilliseconds(settings.timeout),
    graceMs: toMilliseconds(settings.grace),
    tools: { pulumi: toolchain.path("pulumi"), kubectl: toolchain.path("kubectl"), env: toolchain.env },
    platformPods,
  };
}

/** Asks once for all that ask within a time; what failed is asked again. */
function keepFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (kept !== undefined && performance.now() < kept.until) return kept.answer;
    const answer = ask();
    const mine = { answer, until: performance.now() + ms };
    kept = mine;
    answer.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return answer;
  };
}
