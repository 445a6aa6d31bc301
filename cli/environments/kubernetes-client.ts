import { setTimeout } from "node:timers/promises";
import type { Watch } from "@kubernetes/client-node";
import type { Api, ApiRequest } from "../../platform/adapters/kubernetes/api.ts";
import {
  extensionPatch,
  PREVIEW_ENVIRONMENT,
  type PreviewEnvironment,
  type PreviewEnvironmentManifest,
  sleepPatch,
  wakePatch,
} from "../../spec/index.ts";
import { CommandFailure, UsageFailure } from "../exit.ts";
import type { EnvironmentClient, EnvironmentEvent } from "./client.ts";

/** What {@link KubernetesClient} is made from. */
export interface KubernetesClientArgs {
  readonly api: Api;
  readonly watch: Pick<Watch, "watch">;
  /** Namespace that the objects are in. */
  readonly namespace: string;
}

/** Milliseconds before a watch that failed is tried again. */
const WATCH_AGAIN_MS = 2_000;

/** The Environment objects of one namespace through the Kubernetes API. */
export class KubernetesClient implements EnvironmentClient {
  readonly #namespace: string;
  readonly #api: Api;
  readonly #watch: Pick<Watch, "watch">;
  readonly #environments: string;
  readonly #core: string;

  constructor({ api, watch, namespace }: KubernetesClientArgs) {
    const { group, version, plural } = PREVIEW_ENVIRONMENT;
    this.#namespace = namespace;
    this.#api = api;
    this.#watch = watch;
    this.#environments = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    this.#core = `/api/v1/namespaces/${namespace}`;
  }

  create(manifest: PreviewEnvironmentManifest, isDryRun: boolean): Promise<PreviewEnvironment> {
    const query = { fieldValidation: "Strict", ...(isDryRun ? { dryRun: "All" } : {}) };
    return this.#send("POST", this.#environments, { query, body: manifest });
  }

  async list(selector?: string): Promise<PreviewEnvironment[]> {
    const query = selector === undefined ? {} : { query: { labelSelector: selector } };
    const { items } = await this.#send<{ items: PreviewEnvironment[] }>("GET", this.#environments, query);
    return items;
  }

  read(name: string): Promise<PreviewEnvironment> {
    return this.#send("GET", `${this.#environments}/${name}`);
  }

  async delete(name: string): Promise<void> {
    await this.#send("DELETE", `${this.#environments}/${name}`);
  }

  extend(name: string, byMs: number): Promise<PreviewEnvironment> {
    return this.#change(name, (environment, now) => extensionPatch(environment, byMs, now));
  }

  sleep(name: string): Promise<PreviewEnvironment> {
    return this.#change(name, sleepPatch);
  }

  wake(name: string): Promise<PreviewEnvironment> {
    return this.#change(name, wakePatch);
  }

  async events(name: string): Promise<EnvironmentEvent[]> {
    const fieldSelector = `involvedObject.kind=${PREVIEW_ENVIRONMENT.kind},involvedObject.name=${name}`;
    const { items } = await this.#send<{ items: EnvironmentEvent[] }>("GET", `${this.#core}/events`, {
      query: { fieldSelector },
    });
    return items.sort((a, b) => (a.lastTimestamp ?? "").localeCompare(b.lastTimestamp ?? ""));
  }

  follow(name: string, signal: AbortSignal): AsyncGenerator<PreviewEnvironment | undefined, void> {
    return this.#follow(this.#environments, name, signal);
  }

  async *followLog(name: string, signal: AbortSignal): AsyncGenerator<readonly string[] | undefined, void> {
    const versions = this.#follow<{ data?: { log?: string } }>(`${this.#core}/configmaps`, `${name}-log`, signal);
    for await (const found of versions) yield found?.data?.log?.split("\n").slice(0, -1);
  }

  /** @param patch gives a merge patch of the object as it is now. */
  async #change(
    name: string,
    patch: (environment: PreviewEnvironment, now: Date) => object,
  ): Promise<PreviewEnvironment> {
    return this.#send("PATCH", `${this.#environments}/${name}`, {
      query: { fieldValidation: "Strict" },
      body: patch(await this.read(name), new Date()),
    });
  }

  async *#follow<T>(path: string, name: string, signal: AbortSignal): AsyncGenerator<T | undefined, void> {
    const query = { fieldSelector: `metadata.name=${name}` };
    while (!signal.aborted) {
      const { metadata, items } = await this.#send<{ metadata: { resourceVersion: string }; items: T[] }>("GET", path, {
        query,
      });
      yield items[0];
      await this.#happening(path, { ...query, resourceVersion: metadata.resourceVersion }, signal);
    }
  }

  /** Waits until something happened, or the watch ended. */
  async #happening(path: string, query: Record<string, string>, signal: AbortSignal): Promise<void> {
    let settle: (error?: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => (settle = resolve));
    const stop = () => settle();
    signal.addEventListener("abort", stop);
    const request = await this.#watch.watch(path, query, stop, settle);
    const error = signal.aborted ? undefined : await ended;
    signal.removeEventListener("abort", stop);
    request.abort();
    if (error) await setTimeout(WATCH_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }

  async #send<T>(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, request?: ApiRequest): Promise<T> {
    try {
      return await this.#api.send<T>(method, path, request);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    if (!(error instanceof Error) || !("status" in error)) return error;
    // The client puts method, path and status before what the API server says.
    const said = error.message.replace(/^\w+ \S+: (\d+ |no answer: )/, "");
    switch (error.status) {
      case 0:
        return new CommandFailure(`The cluster does not answer: ${said}`);
      case 400:
      case 422:
        return new UsageFailure(`The cluster refuses it; nothing was changed.\n${said}`);
      case 404:
        return new CommandFailure(this.#missing(said));
      default:
        return new CommandFailure(`The cluster refuses it: ${said}`);
    }
  }

  #missing(said: string): string {
    if (said === "")
      return "The cluster knows no Environments. Install the platform service, or its definition alone: kubectl apply --server-side -f platform/crd/environments.yaml";
    if (said.startsWith("namespaces "))
      return `The cluster has no namespace ${this.#namespace}; --namespace names that of the platform service.`;
    return `${said} in namespace ${this.#namespace}. \`terrarium env list\` shows those that are there.`;
  }
}
