import { type Api, ApiError } from "../adapters/kubernetes/api.ts";
import {
  type ContainerLog,
  type PodContainers,
  readContainerLog,
  readContainers,
} from "../adapters/kubernetes/pod-logs.ts";
import type { Clock } from "../clock.ts";
import { reasonOf } from "../log.ts";
import { SecretValues } from "../runner/secret-values.ts";
import { readSecretFiles } from "../secret-files.ts";
import { clusterProblem } from "./cluster-problem.ts";
import { HttpProblem } from "./problem.ts";
import { ShortMemory } from "./short-memory.ts";

/** Milliseconds that readers share an answer, however many there are. */
const KEEP_MS = 1_000;

/** A container of an environment's pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * Logs of environments' pods. All methods throw an HttpProblem where there is no such pod, the service may not see it, or the cluster
 * does not answer.
 */
export class PodLogs {
  readonly #api: Api;
  readonly #logs: ShortMemory<ContainerLog>;

  constructor(api: Api, clock: Clock) {
    this.#api = api;
    this.#logs = new ShortMemory(clock, KEEP_MS);
  }

  async containers(namespace: string, pod: string): Promise<PodContainers> {
    const found = await answered(readContainers(this.#api, namespace, pod));
    if (found) return found;
    throw new HttpProblem("not-found", `There is no pod ${pod}. Another one may have taken its place.`);
  }

  /** @param secretFiles files with values of the platform, by key: "[secret]" stands in place of each. */
  async log(
    { namespace, pod, container }: Container,
    secretFiles: Readonly<Record<string, string>>,
  ): Promise<ContainerLog> {
    const hidden = await readHidden(secretFiles);
    const key = [namespace, pod, container].join("/");
    const read = (): Promise<ContainerLog> => readContainerLog(this.#api, namespace, pod, container);
    const log = await answered(this.#logs.get(key, read));
    return { ...log, lines: log.lines.map((line) => hidden.hide(line)) };
  }
}

/** @throws HttpProblem where a value can't be read: nobody could say whether a log shows it. */
async function readHidden(secretFiles: Readonly<Record<string, string>>): Promise<SecretValues> {
  const hidden = new SecretValues();
  try {
    const values = Object.values(await readSecretFiles(secretFiles));
    // Logs are hidden line by line, and so are values of several.
    for (const value of values) for (const part of [value, ...value.split("\n")]) hidden.add(part);
  } catch (error) {
    throw new HttpProblem("unavailable", `Logs are not shown while it is not known what to hide. ${reasonOf(error)}`);
  }
  return hidden;
}

function answered<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403)
      throw new HttpProblem("forbidden", "The service has no right to look into the namespace of this environment.");
    throw clusterProblem(error);
  });
}
