import type { Api, ApiRequest } from "../../../platform/adapters/kubernetes/api.ts";

/** The API of a cluster whose pods are simulated and write nothing: what they have written is made up. */
export class PodsWithLogs implements Api {
  /** Lines that every pod has written. */
  readonly written: string[] = [];
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async send<T>(method: Parameters<Api["send"]>[0], path: string, request?: ApiRequest): Promise<T> {
    if (!/\/pods\/[^/]+\/log$/.test(path)) return this.#api.send(method, path, request);
    return this.written.map((line) => `${line}\n`).join("") as T;
  }
}
