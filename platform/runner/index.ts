import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Facts } from "../../clusters/facts.ts";
import type { Toolchain } from "../../clusters/toolchain/index.ts";
import type { ClusterFacts } from "../../components/index.ts";
import { type EnvironmentSpec, parseQuantity, toMilliseconds } from "../../spec/index.ts";
import type { Api } from "../adapters/kubernetes/api.ts";
import type { OperationRequest, Runner } from "../domain/operation.ts";
import { logFollower } from "./follow-log.ts";
import { CONTAINER, JOB_PREFIX } from "./job-manifests.ts";
import { JobRunner } from "./job-runner.ts";
import { listStacks } from "./list-stacks.ts";
import { NamespaceRights } from "./namespace-rights.ts";
import { sampleStack } from "./new-stack.ts";
import { ProcessRunner } from "./process-runner.ts";
import type { RunnerSettings } from "./settings.ts";
import { locateState } from "./state-location.ts";
import type { OperationTask, TargetCluster, TaskSettings } from "./task.ts";
import { WorkFolders } from "./work-folders.ts";

/** Arguments of {@link createRunner}. */
export interface RunnerArgs {
  readonly settings: RunnerSettings;
  /** Namespace of the platform's Environment objects, and of Jobs. */
  readonly namespace: string;
  /** The cluster that environments run in. */
  readonly cluster: TargetCluster;
  /** The service's own folder: state, passphrase and what operations need while they run, unless the settings say otherwise. */
  readonly dataFolder: string;
  /** With pulumi and kubectl. */
  readonly toolchain: Pick<Toolchain, "path" | "env">;
  readonly env: NodeJS.ProcessEnv;
  /** Reads what the cluster says of itself. */
  readonly facts: () => Promise<Facts>;
  /** Looks for the snapshots that a description names. @default there are none */
  readonly snapshots?: (description: EnvironmentSpec | undefined) => Promise<ClusterFacts["snapshots"]>;
  /** Pods of the platform: see {@link TaskSettings.platformPods}. */
  readonly platformPods?: TaskSettings["platformPods"];
  /** The cluster in which Jobs run, for kind job: the one that the service itself runs in. */
  readonly jobs?: JobAccess;
}

/** How Jobs are made. */
export interface JobAccess {
  readonly access: KubeConfig;
  readonly api: Api;
}

/** Runs operations as the settings say. */
export interface ConfiguredRunner extends Runner {
  /** Names of the stacks that have state, sorted. @throws Error when the state can't be reached. */
  readonly listStacks: () => Promise<string[]>;
  /** Ends what waits for operations. Operations run on. */
  readonly close: () => void;
}

/** Go programs that an operation has at a time: two engines, the Kubernetes plugin and the random plugin. */
const GO_PROGRAMS = 4;

/** How long what a cluster says of itself is believed, in milliseconds. */
const factsKeptMs = 60_000;

/**
 * Makes the runner.
 *
 * @throws Error when the settings name a file that can't be read, or ask for Jobs that could not work.
 */
export function createRunner(args: RunnerArgs): ConfiguredRunner {
  const task = toTaskSettings(args);
  const facts = keepFor(factsKeptMs, args.facts);
  const folders = new WorkFolders(join(args.dataFolder, "operations"), task.timeoutMs + 2 * task.graceMs);
  const sample = keepFor(Infinity, () => sampleStack(task, folders));
  const rights = namespaceRights(args, task);
  const surroundings: Surroundings = async (request) => {
    // Without a sample, Pulumi creates each stack, and says what is wrong where it can't.
    const [known, snapshots, created] = await Promise.all([
      facts(),
      args.snapshots?.(request.description),
      sample().catch(() => undefined),
      rights?.prepare(request),
    ]);
    return { facts: { ...known, ...(snapshots ? { snapshots } : {}) }, sample: created };
  };
  const runner =
    args.settings.kind === "job"
      ? jobRunner(args, task, surroundings)
      : processRunner(args, task, surroundings, folders);
  return {
    start: (request, listen) => {
      const running = runner.start(request, listen);
      void running.done.then((outcome) => rights?.learn(request, outcome));
      return running;
    },
    listStacks: () => listStacks(task),
    close: () => {
      if (runner instanceof ProcessRunner) runner.close();
    },
  };
}

type Surroundings = (request: OperationRequest) => Promise<Pick<OperationTask, "facts" | "sample">>;

function namespaceRights({ settings, namespace, jobs }: RunnerArgs, task: TaskSettings): NamespaceRights | undefined {
  const { kind, namespaceRole: role, job } = settings;
  if (role === undefined || jobs === undefined) return undefined;
  return new NamespaceRights({
    api: jobs.api,
    settings: task,
    role,
    ...(kind === "job" ? { user: `system:serviceaccount:${namespace}:${job.serviceAccount}` } : {}),
  });
}

function processRunner(
  { settings, env }: RunnerArgs,
  task: TaskSettings,
  surroundings: Surroundings,
  folders: WorkFolders,
): ProcessRunner {
  return new ProcessRunner({
    settings: task,
    surroundings,
    memoryBytes: memoryOf(settings),
    spare: settings.spare,
    spareForMs: toMilliseconds(settings.spareFor),
    folders,
    env,
  });
}

function jobRunner(
  { settings, namespace, jobs }: RunnerArgs,
  task: TaskSettings,
  surroundings: Surroundings,
): JobRunner {
  const { image, serviceAccount, keep } = settings.job;
  if (image === undefined) {
    throw new Error("runner.job.image: nothing is named; runner.kind job needs the service's own image");
  }
  if (task.state.address.startsWith("file:")) {
    const wanted = "the address of state that other pods reach: postgres://…, s3://…, gs://…, azblob://…";
    throw new Error(`runner.state: ${task.state.address} is a folder of this pod; runner.kind job needs ${wanted}`);
  }
  if (jobs === undefined) throw new Error("runner.kind job needs a cluster to make Jobs in");
  const { access, api } = jobs;
  const keepSeconds = toMilliseconds(keep) / 1000;
  return new JobRunner({
    settings: task,
    surroundings,
    place: { namespace, image, serviceAccount, memory: settings.memory, keepSeconds },
    api,
    followLog: logFollower(access, namespace, CONTAINER),
  });
}

/** The settings as an operation gets them. */
export function toTaskSettings(args: RunnerArgs): TaskSettings {
  const { settings, namespace, cluster, dataFolder, toolchain, platformPods } = args;
  return {
    project: settings.project,
    platform: namespace,
    state: locateState(settings, dataFolder),
    cluster,
    policyPacks: settings.policyPacks,
    parallel: settings.parallel,
    timeoutMs: toMilliseconds(settings.timeout),
    graceMs: toMilliseconds(settings.grace),
    tools: {
      pulumi: toolchain.path("pulumi"),
      kubectl: toolchain.path("kubectl"),
      // Below an operation's limit, so that Go collects garbage before the operation is killed for it.
      env: { ...toolchain.env, GOMEMLIMIT: `${Math.floor(memoryOf(settings) / GO_PROGRAMS / 2 ** 20)}MiB` },
    },
    platformPods: platformPods && { ...platformPods, prefixes: [...platformPods.prefixes, JOB_PREFIX] },
  };
}

/** Bytes. */
function memoryOf({ memory }: RunnerSettings): number {
  return parseQuantity(memory, "bytes") ?? 0;
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
