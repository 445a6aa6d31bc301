import type { Api } from "../adapters/kubernetes/api.ts";
import { readEvents, readLog, type RecordedEvent } from "../adapters/kubernetes/records.ts";
import type { Clock } from "../clock.ts";
import { clusterProblem } from "./cluster-problem.ts";
import { ShortMemory } from "./short-memory.ts";

/** Milliseconds that readers share an answer, however many there are. */
const KEEP_MS = 1_000;

/** What is on record about environments. All methods throw an HttpProblem where the cluster does not answer. */
export class Records {
  readonly #api: Api;
  readonly #namespace: string;
  readonly #logs: ShortMemory<string[] | undefined>;
  readonly #events: ShortMemory<RecordedEvent[]>;

  constructor(api: Api, namespace: string, clock: Clock) {
    this.#api = api;
    this.#namespace = namespace;
    this.#logs = new ShortMemory(clock, KEEP_MS);
    this.#events = new ShortMemory(clock, KEEP_MS);
  }

  /** The last lines of an environment's last operation; undefined where nothing was done for it yet. */
  log(name: string): Promise<readonly string[] | undefined> {
    return answered(this.#logs.get(name, () => readLog(this.#api, this.#namespace, name)));
  }

  /** The events about an environment, the oldest first. */
  events(name: string): Promise<readonly RecordedEvent[]> {
    return answered(this.#events.get(name, () => readEvents(this.#api, this.#namespace, name)));
  }
}

function answered<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw clusterProblem(error);
  });
}
