import { type KubernetesObject, ListWatch, type Watch } from "@kubernetes/client-node";
import { type Clock, pause } from "../../clock.ts";
import { type Log, reasonOf } from "../../log.ts";

/** What an informer needs to know of an object. */
export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion: string };
}

/** What an informer reads its objects through. */
export interface ObjectSource {
  readonly list: () => Promise<{ metadata: { resourceVersion: string }; items: object[] }>;
  readonly watch: Pick<Watch, "watch">;
}

/** Arguments of {@link Informer}. */
export interface InformerArgs<T extends WatchedObject> {
  /** Path of the list in the API. */
  readonly path: string;
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each object that came, changed or went. */
  readonly changed: (object: T, gone: boolean) => void;
  /** Milliseconds after which everything is listed anew, in case a change was missed. @default 600000 */
  readonly relistMs?: number;
}

/** Milliseconds of the pauses between tries to reach an API server that does not answer. */
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [500, 5_000];

/** Tells a ListWatch that its version is too old, which makes it list again. */
const EXPIRED = { statusCode: 410 };

/**
 * Holds copies of all objects of a kind and tells of changes. The client's ListWatch ends with any error: it is started again,
 * after pauses that grow. And it is made to list anew now and then.
 */
export class Informer<T extends WatchedObject> {
  readonly #args: Required<InformerArgs<T>>;
  readonly #listWatch: ListWatch<KubernetesObject>;
  readonly #stopped = new AbortController();
  #listedAtMs = 0;
  #synced = false;
  #failures = 0;

  constructor(args: InformerArgs<T>) {
    this.#args = { relistMs: 600_000, ...args };
    const { path, changed, clock } = args;
    const watch: Pick<Watch, "watch"> = { watch: (...call) => this.#watch(...call) };
    // ListWatch asks for the class although it calls nothing but `watch`.
    this.#listWatch = new ListWatch(path, watch as Watch, () => this.#list(), false, undefined, undefined, {
      delayFn: (ms) => pause(clock, ms, this.#stopped.signal),
    });
    const tell = (gone: boolean) => (object: KubernetesObject) => {
      changed(object as unknown as T, gone);
    };
    this.#listWatch.on("add", tell(false));
    this.#listWatch.on("update", tell(false));
    this.#listWatch.on("delete", tell(true));
    this.#listWatch.on("error", (error: unknown) => void this.#restart(error));
  }

  /** Whether everything was listed once. */
  get synced(): boolean {
    return this.#synced;
  }

  list(): readonly T[] {
    return this.#listWatch.list() as unknown as readonly T[];
  }

  get(name: string, namespace: string): T | undefined {
    return this.#listWatch.get(name, namespace) as unknown as T | undefined;
  }

  /** Begins. @returns when the first list is there, or the first try has failed; then it goes on trying. */
  start(): Promise<void> {
    return this.#listWatch.start();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#listWatch.stop();
  }

  async #list(): Promise<{ metadata: { resourceVersion: string }; items: KubernetesObject[] }> {
    const { metadata, items } = await this.#args.source.list();
    this.#synced = true;
    this.#failures = 0;
    this.#listedAtMs = this.#args.clock.now().getTime();
    return { metadata, items: items.map(withoutManagedFields) };
  }

  /** A watch that ends when the next list is due, like one whose version is too old; and never rejects. */
  async #watch(...[path, query, callback, done]: Parameters<Watch["watch"]>): Promise<AbortController> {
    const { source, relistMs, clock } = this.#args;
    const ended = (error: unknown): void => {
      if (this.#stopped.signal.aborted) return;
      const isRelistDue = clock.now().getTime() - this.#listedAtMs >= relistMs;
      done(isRelistDue ? EXPIRED : error);
    };
    const changed: typeof callback = (phase, object, event) => {
      this.#failures = 0;
      callback(phase, withoutManagedFields(object as KubernetesObject), event);
    };
    try {
      const limited = { ...query, timeoutSeconds: Math.ceil(relistMs / 1000) };
      return await source.watch.watch(path, limited, changed, ended);
    } catch (error) {
      // Credentials that can't be read, for example.
      ended(error);
      return new AbortController();
    }
  }

  async #restart(error: unknown): Promise<void> {
    const { clock, log, path } = this.#args;
    const retryInMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10), LONGEST_RETRY_MS);
    this.#failures += 1;
    log.warn("the watch ended with an error", { path, reason: reasonOf(error), retryInMs });
    await pause(clock, retryInMs, this.#stopped.signal);
    if (!this.#stopped.signal.aborted) await this.start();
  }
}

/** Bookkeeping of who owns which field is most of an object, and nobody here asks for it. */
export function withoutManagedFields<T extends object>(object: T): T {
  delete (object as KubernetesObject).metadata?.managedFields;
  return object;
}
