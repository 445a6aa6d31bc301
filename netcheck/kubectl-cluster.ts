import type { ClusterAccess } from "../clusters/provider.ts";
import { type CommandResult, lastLines, type RunCommand, runCommand } from "../clusters/run-command.ts";
import type { KubeObject } from "../spec/index.ts";
import { CANARY_LABELS, OWNER_ANNOTATION, TEST_NAMESPACE_PREFIX } from "./canary-pod.ts";
import { type Clock, realClock } from "./clock.ts";
import type { CanaryCluster, CanaryState, Opening, ScriptResult, TestNamespace } from "./cluster.ts";
import { NetcheckError } from "./cluster.ts";

/** How to reach a cluster with kubectl. */
export interface KubectlClusterArgs {
  /** Path of kubectl. */
  readonly kubectl: string;
  readonly access: Pick<ClusterAccess, "kubeconfig" | "context">;
  readonly env: NodeJS.ProcessEnv;
  /** @default starts programs of this machine */
  readonly run?: RunCommand;
  /** @default real time */
  readonly clock?: Clock;
}

/** Seconds that the API server may take for one answer. */
const REQUEST_TIMEOUT_SECONDS = 15;
/** Seconds that a command gets on top of that for each request that it sends. */
const EXTRA_SECONDS = 5;
/** Milliseconds for which one list of all canaries answers everybody who looks at one. */
const LIST_FRESH_MS = 700;
/** Milliseconds that a new namespace gets to have its service account. */
const SERVICE_ACCOUNT_MS = 10_000;
/** Milliseconds between two tries at that. */
const SERVICE_ACCOUNT_PAUSE_MS = 100;
/** Milliseconds that the API server or a node gets to be there again, where a request reached nobody. */
const PATIENCE_MS = 10_000;
/** Milliseconds between two tries at that. */
const PATIENCE_PAUSE_MS = 250;
/** What kubectl says then: nothing has happened, so that it can be asked again. */
const NOT_REACHED =
  /connection refused|server \S+ was refused|containerd\.sock: connect: no such file|upgrade connection: pod does not exist/;
/** What it says when an answer was lost, or the API server lost its own etcd's: the request may have been carried out. */
const NOT_ANSWERED = /\bEOF\b|connection reset|rpc error: code = Unavailable|etcdserver: |client connection lost/;
/** Exit code of a command that took too long. */
const NO_ANSWER = 124;
/** Commands that do the same when they are carried out twice. */
const REPEATABLE: ReadonlySet<string> = new Set(["get", "delete"]);
/** Pods that kubectl works on at a time; each takes a process of about 50 MB. */
const PARALLEL = 32;

interface KubectlOptions {
  /** @default nothing */
  readonly input?: string;
  /** Milliseconds for a command that itself takes time. @default as long as its requests may take */
  readonly timeoutMs?: number;
  /** Requests that it sends, one after the other. @default 1 */
  readonly requests?: number;
}

const SELECTOR = Object.entries(CANARY_LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");

interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly ready?: boolean;
      readonly state?: Readonly<Record<"waiting" | "terminated", { reason?: string; message?: string } | undefined>>;
    }[];
  };
}

/** A cluster that is reached with kubectl, so that every way of logging in that kubectl knows works. */
export class KubectlCluster implements CanaryCluster {
  readonly #args: KubectlClusterArgs;
  readonly #clock: Clock;
  #list: { readonly atMs: number; readonly pods: Promise<CanaryState[]> } | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(args: KubectlClusterArgs) {
    this.#args = args;
    this.#clock = args.clock ?? realClock;
  }

  async createNamespace(namespace: KubeObject): Promise<void> {
    const result = await this.#kubectl(["create", "--filename", "-"], { input: JSON.stringify(namespace) });
    if (result.code !== 0 && !/\(AlreadyExists\)/.test(result.stderr)) {
      throw failure(`Namespace ${namespace.metadata.name} cannot be created`, result);
    }
  }

  async deleteNamespace(name: string): Promise<void> {
    if (!name.startsWith(TEST_NAMESPACE_PREFIX)) {
      throw new NetcheckError(
        `Namespace ${name} is not deleted: its name does not start with ${TEST_NAMESPACE_PREFIX}.`,
      );
    }
    await this.#must(`Namespace ${name} cannot be deleted`, [
      ...["delete", "namespace", name],
      ...["--ignore-not-found", "--wait=false"],
    ]);
  }

  async namespaces(): Promise<string[]> {
    return (await this.#get(["namespaces"])).map(({ metadata }) => metadata.name);
  }

  async create(objects: readonly KubeObject[]): Promise<void> {
    const deadline = this.#clock.now() + SERVICE_ACCOUNT_MS;
    let unanswered = false;
    for (let items = objects; ;) {
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      const result = await this.#kubectl(["create", "--filename", "-"], { input, requests: items.length });
      if (result.code === 0) return;
      items = items.filter(({ metadata: { name } }) => {
        // Names are this run's own: what exists after a try whose answer was lost was created by that try.
        const exists = unanswered && result.stderr.includes(`"${name}" already exists`);
        return !exists && !result.stdout.includes(`/${name} created`);
      });
      if (items.length === 0) return;
      // A new namespace is there a moment before the service account that its pods need.
      const early = /serviceaccount "default" not found/.test(result.stderr) && this.#clock.now() <= deadline;
      const lost: boolean = !unanswered && (result.code === NO_ANSWER || NOT_ANSWERED.test(result.stderr));
      if (!early && !lost) throw failure(`${items.map(nameOf).join(", ")} cannot be created`, result);
      unanswered ||= lost;
      await this.#clock.sleep(SERVICE_ACCOUNT_PAUSE_MS);
    }
  }

  async readCanary(namespace: string, name: string): Promise<CanaryState | undefined> {
    const now = this.#clock.now();
    // All canaries of a run start together and are looked at together: one list answers for all.
    if (this.#list === undefined || now - this.#list.atMs > LIST_FRESH_MS) {
      this.#list = { atMs: now, pods: this.listCanaries() };
    }
    return (await this.#list.pods).find((pod) => pod.namespace === namespace && pod.name === name);
  }

  async listCanaries(): Promise<CanaryState[]> {
    return (await this.#get(["pods", "--all-namespaces", "--selector", SELECTOR])).map(toState);
  }

  async listOpenings(): Promise<Opening[]> {
    return (await this.#get(["networkpolicies", "--all-namespaces", "--selector", SELECTOR])).map(toState);
  }

  async listTestNamespaces(): Promise<TestNamespace[]> {
    const found = await this.#get(["namespaces", "--selector", SELECTOR]);
    // What is being deleted already needs nobody any more.
    return found.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(toState);
  }

  async runScript(namespace: string, pod: string, script: string, timeoutMs: number): Promise<ScriptResult> {
    // By standard input: a command line becomes part of the request's address, whose length has a limit.
    const args = ["exec", "--stdin", "--namespace", namespace, pod, "--", "sh", "-s"];
    return this.#kubectl(args, { input: script, timeoutMs });
  }

  async deleteAll(namespace: string, objects: readonly string[]): Promise<void> {
    await this.#must(`Canaries of namespace ${namespace} cannot be removed`, [
      ...["delete", "--namespace", namespace, ...objects],
      ...["--grace-period=0", "--force", "--ignore-not-found", "--wait=false"],
    ]);
  }

  async read(path: string): Promise<unknown> {
    const { code, stdout } = await this.#kubectl(["get", "--raw", path], {});
    return code === 0 ? (JSON.parse(stdout) as unknown) : undefined;
  }

  async #get(args: readonly string[]): Promise<PodObject[]> {
    const stdout = await this.#must("The cluster cannot be read", ["get", ...args, "--output", "json"]);
    return (JSON.parse(stdout) as { items: PodObject[] }).items;
  }

  async #must(what: string, args: readonly string[]): Promise<string> {
    const result = await this.#kubectl(args, {});
    if (result.code !== 0) throw failure(what, result);
    return result.stdout;
  }

  async #kubectl(args: readonly string[], { input, timeoutMs, requests = 1 }: KubectlOptions): Promise<CommandResult> {
    const { kubectl, access, env, run = runCommand } = this.#args;
    const target = ["--kubeconfig", access.kubeconfig, "--context", access.context];
    const limit = timeoutMs === undefined ? [`--request-timeout=${REQUEST_TIMEOUT_SECONDS}s`] : [];
    if (this.#running >= PARALLEL) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    const deadline = this.#clock.now() + PATIENCE_MS;
    try {
      for (let tries = 1; ; tries++) {
        const result = await run(kubectl, [...target, ...limit, ...args], {
          env,
          timeoutMs: timeoutMs ?? (REQUEST_TIMEOUT_SECONDS + requests * EXTRA_SECONDS) * 1000,
          ...(input === undefined ? {} : { input }),
        });
        if (result.code === 0) return result;
        // What only reads or deletes may be done twice: an answer that did not come is asked for once more.
        const isUnanswered = result.code === NO_ANSWER && REPEATABLE.has(args[0] ?? "") && tries === 1;
        const isUnreached = NOT_REACHED.test(result.stderr) && this.#clock.now() <= deadline;
        if (!isUnanswered && !isUnreached) return result;
        await this.#clock.sleep(PATIENCE_PAUSE_MS);
      }
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

function toState({ metadata, status }: PodObject): CanaryState {
  const container = status?.containerStatuses?.[0]?.state;
  const told = container?.waiting ?? container?.terminated;
  const unscheduled = status?.conditions?.find(
    ({ type, status: holds }) => type === "PodScheduled" && holds === "False",
  );
  const reason = told?.reason ?? status?.reason;
  const message = told?.message ?? status?.message ?? unscheduled?.message;
  const owner = metadata.annotations?.[OWNER_ANNOTATION];
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    phase: status?.phase ?? "Unknown",
    createdAtMs: Date.parse(metadata.creationTimestamp),
    ready: status?.containerStatuses?.[0]?.ready ?? false,
    ...(status?.podIP === undefined ? {} : { ip: status.podIP }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(owner === undefined ? {} : { owner }),
  };
}

function nameOf({ kind, metadata: { namespace, name } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

function failure(what: string, result: CommandResult): NetcheckError {
  return new NetcheckError(`${what}: ${lastLines(result, 1)}`);
}
