import type { KubeObject } from "../spec/index.ts";
import { abortable } from "./abortable.ts";
import {
  canaryName,
  runName,
  TEST_NAMESPACE_PREFIX,
  testNamespaceName,
  toCanaryPod,
  toNamespace,
} from "./canary-pod.ts";
import type { CanaryArgs } from "./canary-pod.ts";
import type { Clock } from "./clock.ts";
import { type CanaryCluster, type CanaryState, NetcheckError } from "./cluster.ts";
import { groupBy } from "./group-by.ts";
import type { Side } from "./matrix-reasons.ts";
import { openedLabel, openingPolicy } from "./opening.ts";
import { parseProbes, type Probe, probeLimitMs, type ProbeResult, probeScript } from "./probe.ts";

/** Seconds that a canary gets to run. */
const START_TIMEOUT_SECONDS = 60;
/** Milliseconds between two looks at a canary that starts. */
const POLL_MS = 1000;

/** Reasons of a waiting container that no waiting will mend. */
const FATAL_REASONS: readonly string[] = [
  "CrashLoopBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "Error",
  "ImageInspectError",
  "ImagePullBackOff",
  "InvalidImageName",
  "RunContainerError",
  "StartError",
];

/** What canaries work with. */
export interface CanariesArgs {
  readonly cluster: CanaryCluster;
  /** The run that the canaries belong to, see `owner.ts`. */
  readonly owner: string;
  /** Ends every wait; the canaries are removed then. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Seconds after which a connection that did not come about counts as closed. */
  readonly probeTimeoutSeconds: number;
}

/** A canary that runs. */
export class Canary {
  readonly namespace: string;
  readonly name: string;
  /** Address of the pod. */
  readonly ip: string;
  readonly #args: CanariesArgs;

  constructor(args: CanariesArgs, namespace: string, name: string, ip: string) {
    this.#args = args;
    this.namespace = namespace;
    this.name = name;
    this.ip = ip;
  }

  /**
   * Tries connections from inside the canary, all at once.
   *
   * @returns one result for each probe.
   * @throws the signal's reason as soon as the run is interrupted.
   */
  async try(probes: readonly Probe[]): Promise<ProbeResult[]> {
    const { cluster, signal, probeTimeoutSeconds } = this.#args;
    const [script, limitMs] = [probeScript(probes, probeTimeoutSeconds), probeLimitMs(probes.length)];
    const { stdout, stderr } = await abortable(signal, () =>
      cluster.runScript(this.namespace, this.name, script, limitMs),
    );
    const failure = stderr.trim().split("\n").at(-1) ?? "";
    return parseProbes(probes, stdout, failure);
  }
}

/** An object that a run asked the cluster to create. */
interface Requested {
  readonly namespace: string;
  /** Kind and name. */
  readonly object: string;
  /** The end of that request: a deletion must not overtake it. */
  readonly created: Promise<void>;
}

/** What is created with one request. */
interface Batch {
  readonly objects: KubeObject[];
  readonly created: Promise<void>;
}

/** The canaries of one run, and the namespaces and policies made for them. */
export class Canaries {
  readonly #args: CanariesArgs;
  readonly #run = runName();
  readonly #requested: Requested[] = [];
  #batch: Batch | undefined;
  readonly #namespaces = new Map<string, Promise<void>>();
  #removal: Promise<void> | undefined;

  constructor(args: CanariesArgs) {
    this.#args = args;
  }

  /** Makes a namespace of the run's own. @returns its name. */
  async createTestNamespace(): Promise<string> {
    const name = testNamespaceName();
    await this.ensureNamespace(name);
    return name;
  }

  /** Creates a namespace where it is missing, once. */
  async ensureNamespace(name: string): Promise<void> {
    const { cluster, owner, signal } = this.#args;
    signal.throwIfAborted();
    const created = this.#namespaces.get(name) ?? this.#begin(() => cluster.createNamespace(toNamespace(name, owner)));
    this.#namespaces.set(name, created);
    return abortable(signal, () => created);
  }

  /**
   * Starts a canary in a namespace that exists, and waits until it runs and listens.
   *
   * @param opened side that is open to all, by a policy that is there for this run's canaries alone. @default none
   * @throws NetcheckError that names the reason, as soon as it is known that the canary will not run.
   */
  async start(args: CanaryArgs, opened?: Side): Promise<Canary> {
    const { owner, signal } = this.#args;
    signal.throwIfAborted();
    const { namespace } = args;
    const name = canaryName();
    const labels = { ...args.labels, ...(opened && openedLabel(opened, this.#run)) };
    const created = [
      ...(opened ? [this.#create(openingPolicy(namespace, opened, this.#run, owner))] : []),
      this.#create(toCanaryPod(name, { ...args, labels }, owner)),
    ];
    await abortable(signal, () => Promise.all(created));
    return new Canary(this.#args, namespace, name, await this.#running(namespace, name));
  }

  /** Removes everything that was started, once however often it is called; also what was still being created. */
  removeAll(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  /** Sends a request, unless everything is being removed already. */
  #begin<T>(request: () => Promise<T>): Promise<T> {
    if (this.#removal) return Promise.reject(new NetcheckError("The canaries of this run were removed already."));
    return request();
  }

  /** Creates an object once, together with all that is asked for in the same turn: one request is quicker than many. */
  #create(object: KubeObject): Promise<void> {
    const { kind, metadata } = object;
    const { namespace = "" } = metadata;
    const name = `${kind.toLowerCase()}/${metadata.name}`;
    const known = this.#requested.find((other) => other.namespace === namespace && other.object === name);
    if (known) return known.created;
    this.#batch ??= this.#startBatch();
    const { objects, created } = this.#batch;
    objects.push(object);
    this.#requested.push({ namespace, object: name, created });
    return created;
  }

  #startBatch(): Batch {
    const objects: KubeObject[] = [];
    const created = Promise.resolve().then(() => {
      this.#batch = undefined;
      return this.#begin(() => this.#args.cluster.create(objects));
    });
    return { objects, created };
  }

  async #running(namespace: string, name: string): Promise<string> {
    const { cluster, signal, clock } = this.#args;
    for (let second = 0; ; second++) {
      const state = await abortable(signal, () => cluster.readCanary(namespace, name));
      if (state?.phase === "Running" && state.ready && state.ip !== undefined) return state.ip;
      const dead = state && whyDead(state);
      if (dead !== undefined) throw new NetcheckError(`Canary ${namespace}/${name} does not run: ${dead}.`);
      if (second === START_TIMEOUT_SECONDS) {
        const seen = state ? [state.phase, describe(state)].filter(Boolean).join(", ") : "never seen";
        throw new NetcheckError(
          `Canary ${namespace}/${name} does not run after ${START_TIMEOUT_SECONDS} s: ${seen}. Look at \`kubectl get events --namespace ${namespace}\`.`,
        );
      }
      await abortable(signal, () => clock.sleep(POLL_MS));
    }
  }

  async #remove(): Promise<void> {
    const { cluster } = this.#args;
    // In time of an interruption, requests are on their way still.
    await Promise.allSettled([...this.#requested.map(({ created }) => created), ...this.#namespaces.values()]);
    const own = [...this.#namespaces.keys()].filter((name) => name.startsWith(TEST_NAMESPACE_PREFIX));
    const byNamespace = groupBy(this.#requested, ({ namespace }) => namespace);
    const results = await Promise.allSettled([
      ...[...byNamespace].map(([namespace, requested]) =>
        cluster.deleteAll(
          namespace,
          requested.map(({ object }) => object),
        ),
      ),
      ...own.map((name) => cluster.deleteNamespace(name)),
    ]);
    const failures = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    if (failures.length > 0) {
      throw new NetcheckError(
        `Not every canary could be removed: ${failures.join("; ")}. The next run removes what is left; canaries end by themselves within an hour.`,
      );
    }
  }
}

/**
 * Gives canaries to a function and removes them after it, however it ends.
 *
 * @throws what the function threw; else why the canaries could not be removed.
 */
export async function withCanaries<T>(args: CanariesArgs, use: (canaries: Canaries) => Promise<T>): Promise<T> {
  const canaries = new Canaries(args);
  let result: T;
  try {
    result = await use(canaries);
  } catch (error) {
    await canaries.removeAll().catch((removal: unknown) => {
      if (error instanceof Error) error.message += ` ${removal instanceof Error ? removal.message : String(removal)}`;
    });
    throw error;
  }
  await canaries.removeAll();
  return result;
}

function whyDead(state: CanaryState): string | undefined {
  const reason = state.reason ?? "";
  if (state.phase === "Failed" || state.phase === "Succeeded" || FATAL_REASONS.includes(reason)) {
    return describe(state) || state.phase;
  }
  return undefined;
}

function describe({ reason, message }: CanaryState): string {
  return [reason, message].filter((part) => part !== undefined && part !== "").join(": ");
}
