import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../../clusters/wait-until.ts";
import { mapValues } from "../../spec/index.ts";
import { type Api, isNotFound } from "../adapters/kubernetes/api.ts";
import type { OperationEvent, OperationRequest, Outcome, Runner, RunningOperation } from "../domain/operation.ts";
import { failed } from "./failures.ts";
import { JOB_LABELS, type JobPlace, jobManifests, mountedAt, REQUEST_ANNOTATION, requestKey } from "./job-manifests.ts";
import { type FoundJob, type JobPod, type OperationJob, outcomeOf, PodLog, whyItWaits } from "./job-pod.ts";
import type { OperationTask, TaskSettings } from "./task.ts";

/** Arguments of {@link JobRunner}. */
export interface JobRunnerArgs {
  readonly settings: TaskSettings;
  readonly place: JobPlace;
  /** What else a task needs; asked before each operation. */
  readonly surroundings: (request: OperationRequest) => Promise<Pick<OperationTask, "facts" | "sample">>;
  readonly api: Api;
  /** Follows the log of a pod's container from its start, calling for each line. Settles when the container has ended. */
  readonly followLog: (pod: string, onLine: (line: string) => void, signal: AbortSignal) => Promise<void>;
  /** Milliseconds between two looks at a pod that has not begun, or a Job that is to go. @default 1000 */
  readonly everyMs?: number;
}

/** Folder in a Job's pod for what the operation needs while it runs. */
const FOLDER = "/tmp";

/**
 * Runs each operation as a Kubernetes Job, with the same process as its only container, so that work spreads over the
 * cluster's nodes and the kernel holds it to its limits. Jobs run on when a service ends: the next one finds the Job of what it asks
 * for again, and takes up its events and its outcome. What it does not ask for again is stopped by what it asks for instead.
 */
export class JobRunner implements Runner {
  readonly #args: JobRunnerArgs;

  constructor(args: JobRunnerArgs) {
    this.#args = args;
  }

  start(request: OperationRequest, listen: (event: OperationEvent) => void): RunningOperation {
    const operation = new JobOperation(this.#args, request, listen);
    return {
      request,
      startedAt: new Date(),
      done: operation.run(),
      cancel: (why) => void operation.cancel(why),
      letGo: () => {
        operation.letGo();
      },
    };
  }
}

class JobOperation {
  readonly #args: JobRunnerArgs;
  readonly #request: OperationRequest;
  readonly #log: PodLog;
  /** Aborts when it is let go of; nothing is asked of the API server from then on. */
  readonly #left = new AbortController();
  #job: string | undefined;
  #cancelled: string | undefined;

  constructor(args: JobRunnerArgs, request: OperationRequest, listen: (event: OperationEvent) => void) {
    this.#args = args;
    this.#request = request;
    this.#log = new PodLog((event) => {
      if (!this.#left.signal.aborted) listen(event);
    });
  }

  /** Never rejects, and never settles once it was let go of. */
  async run(): Promise<Outcome> {
    const outcome = await this.#run();
    return this.#left.signal.aborted ? new Promise(() => undefined) : outcome;
  }

  letGo(): void {
    this.#left.abort();
  }

  async cancel(why: string): Promise<void> {
    this.#cancelled ??= why;
    if (this.#job !== undefined) await this.#remove(this.#job).catch(() => undefined);
  }

  async #run(): Promise<Outcome> {
    try {
      const job = (await this.#find()) ?? (await this.#create());
      this.#job = job;
      if (this.#cancelled !== undefined) await this.#remove(job);
      const outcome = await this.#follow(job);
      await this.#markTaken(job);
      return this.#cancelled === undefined || outcome.ok || outcome.reason === "Cancelled"
        ? outcome
        : { ...outcome, reason: "Cancelled", retry: "transient", message: this.#cancelled };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return failed("ClusterUnavailable", "transient", `The operation's Job can't be followed: ${reason}`);
    }
  }

  /** A Job that does what is asked for, whose outcome nobody has taken. Others of the stack are stopped first. */
  async #find(): Promise<string | undefined> {
    const jobs = await this.#jobs();
    const key = requestKey(this.#request);
    const same = jobs.find(
      ({ metadata: { annotations, deletionTimestamp }, spec }) =>
        annotations?.[REQUEST_ANNOTATION] === key && deletionTimestamp === undefined && !spec.suspend,
    );
    const others = jobs.filter((job) => job !== same).map(({ metadata }) => metadata.name);
    for (const name of others) await this.#remove(name);
    await waitUntil(
      async () => {
        const left = (await this.#jobs()).map(({ metadata }) => metadata.name);
        return left.some((name) => others.includes(name)) ? "another operation of the stack" : undefined;
      },
      { timeoutMs: others.length === 0 ? 0 : this.#args.settings.graceMs * 2, everyMs: this.#args.everyMs ?? 1_000 },
    );
    return same?.metadata.name;
  }

  async #create(): Promise<string> {
    const { settings, place } = this.#args;
    const surroundings = await this.#args.surroundings(this.#request);
    const [task, files] = withMountedFiles({ request: this.#request, settings, folder: FOLDER, ...surroundings });
    const { name, job, secret } = jobManifests(task, files, place);
    const created = await this.#send<OperationJob>("POST", this.#path(), { body: job });
    const secrets = `/api/v1/namespaces/${place.namespace}/secrets`;
    await this.#send("POST", secrets, { body: secret(created.metadata.uid) });
    await this.#send("PATCH", `${this.#path()}/${name}`, { body: { spec: { suspend: false } } });
    return name;
  }

  /** Follows the Job's pod to its end; again where the connection broke. */
  async #follow(job: string): Promise<Outcome> {
    const { followLog, everyMs = 1_000 } = this.#args;
    for (;;) {
      const waits = await this.#untilBegun(job);
      if (waits !== undefined) return failed("Timeout", "transient", `Its pod did not begin. ${waits}`.trim());
      const { pod } = await this.#look(job);
      if (pod !== undefined) await this.#log.read((onLine) => followLog(pod.metadata.name, onLine, this.#left.signal));
      const outcome = this.#log.outcome ?? outcomeOf(await this.#look(job));
      if (outcome !== undefined) return outcome;
      // A log that ends while its pod runs: the connection broke, or the container's end is not told yet.
      await delay(everyMs);
    }
  }

  /** @returns why it has not begun when its time is over. */
  #untilBegun(job: string): Promise<string | undefined> {
    let warned = "";
    const { settings, everyMs = 1_000 } = this.#args;
    return waitUntil(
      async () => {
        const waits = whyItWaits(await this.#look(job));
        if (waits && waits !== warned) this.#log.warn((warned = waits));
        return waits;
      },
      { timeoutMs: settings.timeoutMs, everyMs },
    );
  }

  async #look(name: string): Promise<FoundJob> {
    const pods = `/api/v1/namespaces/${this.#args.place.namespace}/pods`;
    const query = { labelSelector: `job-name=${name}` };
    const [jobs, { items }] = await Promise.all([
      this.#jobs(),
      this.#send<{ items: JobPod[] }>("GET", pods, { query }),
    ]);
    return { job: jobs.find(({ metadata }) => metadata.name === name), pod: items[0] };
  }

  async #jobs(): Promise<OperationJob[]> {
    const query = { labelSelector: `${JOB_LABELS.stack}=${this.#request.stack}` };
    const { items } = await this.#send<{ items: OperationJob[] }>("GET", this.#path(), { query });
    return items.filter(({ metadata }) => metadata.labels?.[JOB_LABELS.taken] === undefined);
  }

  async #markTaken(job: string): Promise<void> {
    const body = { metadata: { labels: { [JOB_LABELS.taken]: "true" } } };
    await unlessMissing(this.#send("PATCH", `${this.#path()}/${job}`, { body }));
  }

  /** Its pod is asked to stop, and gets its grace period. */
  async #remove(job: string): Promise<void> {
    const body = { propagationPolicy: "Foreground" };
    await unlessMissing(this.#send("DELETE", `${this.#path()}/${job}`, { body }));
  }

  async #send<T>(...request: Parameters<Api["send"]>): Promise<T> {
    this.#left.signal.throwIfAborted();
    return this.#args.api.send<T>(...request);
  }

  #path(): string {
    return `/apis/batch/v1/namespaces/${this.#args.place.namespace}/jobs`;
  }
}

/** The task as the pod needs it: files that it names are mounted from its Secret. */
function withMountedFiles(task: OperationTask): [OperationTask, Record<string, string>] {
  const { request, settings } = task;
  const { state, cluster } = settings;
  const files: Record<string, string> = {};
  const mount = (name: string, path: string): string => {
    files[name] = readFileSync(path, "utf8");
    return mountedAt(name);
  };
  const { passphraseFile } = state;
  const { kubeconfig } = cluster;
  const { secretFiles } = request;
  return [
    {
      ...task,
      request: {
        ...request,
        secretFiles: secretFiles && mapValues(secretFiles, (path, key) => mount(`secret-${key}`, path)),
      },
      settings: {
        ...settings,
        state: { ...state, passphraseFile: passphraseFile && mount("passphrase", passphraseFile) },
        cluster: { ...cluster, kubeconfig: kubeconfig && mount("kubeconfig", kubeconfig) },
      },
    },
    files,
  ];
}

async function unlessMissing(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
