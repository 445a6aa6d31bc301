import { type KubeConfig, Watch } from "@kubernetes/client-node";
import {
  PREVIEW_ENVIRONMENT,
  type PreviewEnvironment,
  type PreviewEnvironmentManifest,
  type PreviewEnvironmentStatus,
} from "../../../spec/index.ts";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { type Api, ApiError, isNotFound } from "./api.ts";
import { Informer, type ObjectSource, withoutManagedFields } from "./informer.ts";

/** Arguments of {@link Environments}. */
export interface EnvironmentsArgs {
  readonly api: Api;
  /** Namespace that the objects are in. */
  readonly namespace: string;
  readonly watch: ObjectSource["watch"];
  readonly clock: Clock;
  readonly log: Log;
  /** Told the name of each object that somebody else changed. */
  readonly changed: (name: string) => void;
}

/** The Environment objects of the platform's namespace: copies that are kept current, and what the service writes. */
export class Environments {
  readonly #api: Api;
  readonly #path: string;
  readonly #namespace: string;
  readonly #informer: Informer<PreviewEnvironment>;
  /** What the API server answered, until the informer has caught up. */
  readonly #ahead = new Map<string, PreviewEnvironment>();
  /** Versions that came of own writes, by name; nobody need be told of them. */
  readonly #written = new Map<string, string>();
  readonly #followers = new Set<(name: string) => void>();

  constructor({ api, namespace, watch, clock, log, changed }: EnvironmentsArgs) {
    const { group, version, plural } = PREVIEW_ENVIRONMENT;
    this.#api = api;
    this.#namespace = namespace;
    this.#path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    this.#informer = new Informer<PreviewEnvironment>({
      path: this.#path,
      source: { list: () => api.send("GET", this.#path, { timeoutMs: 60_000 }), watch },
      clock,
      log,
      changed: (object, gone) => {
        const { name, resourceVersion } = object.metadata;
        const ahead = this.#ahead.get(name);
        if (gone || (ahead && isAtLeast(object, ahead))) this.#ahead.delete(name);
        if (gone) this.#written.delete(name);
        if (this.#written.get(name) !== resourceVersion) changed(name);
        for (const follower of this.#followers) follower(name);
      },
    });
  }

  /** Whether all objects were listed once. */
  get synced(): boolean {
    return this.#informer.synced;
  }

  /** Begins to follow the objects; goes on trying while the API server does not answer. */
  start(): Promise<void> {
    return this.#informer.start();
  }

  stop(): Promise<void> {
    return this.#informer.stop();
  }

  get(name: string): PreviewEnvironment | undefined {
    return this.#ahead.get(name) ?? this.#informer.get(name, this.#namespace);
  }

  list(): PreviewEnvironment[] {
    return this.#informer.list().map((object) => this.#ahead.get(object.metadata.name) ?? object);
  }

  /** Tells the name of each object that anybody changed, this service included. @returns what ends it. */
  follow(changed: (name: string) => void): () => void {
    const follower = (name: string): void => {
      changed(name);
    };
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Reads an object from the API server itself. @returns undefined when it is not there. */
  async read(name: string): Promise<PreviewEnvironment | undefined> {
    try {
      return this.#keep(await this.#api.send("GET", this.#at(name)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#ahead.delete(name);
      return undefined;
    }
  }

  /** Reads the names of all objects from the API server itself. */
  async readNames(): Promise<string[]> {
    const { items } = await this.#api.send<{ items: PreviewEnvironment[] }>("GET", this.#path, { timeoutMs: 60_000 });
    return items.map(({ metadata }) => metadata.name);
  }

  /** Creates an object, or only has the API server check it. @throws ApiError */
  async create(manifest: PreviewEnvironmentManifest, isDryRun: boolean): Promise<PreviewEnvironment> {
    const query = { fieldValidation: "Strict", ...(isDryRun ? { dryRun: "All" } : {}) };
    const body = { ...manifest, metadata: { ...manifest.metadata, namespace: this.#namespace } };
    const created = await this.#api.send<PreviewEnvironment>("POST", this.#path, { query, body });
    return isDryRun ? withoutManagedFields(created) : this.#keep(created);
  }

  /** Changes an object, if it is still the very version that is given. @param patch a merge patch. @throws ApiError */
  async change({ metadata }: PreviewEnvironment, patch: object): Promise<PreviewEnvironment> {
    const { name, resourceVersion } = metadata;
    const body = { ...patch, metadata: { resourceVersion } };
    const query = { fieldValidation: "Strict" };
    return this.#keep(await this.#api.send("PATCH", this.#at(name), { query, body }));
  }

  /** Asks for an object's deletion, whatever it has become. @throws ApiError */
  async remove(name: string): Promise<void> {
    await this.#api.send("DELETE", this.#at(name));
  }

  /** Writes the whole status, onto the very version that is given. @throws ApiError, with status 409 when that has changed. */
  async writeStatus(environment: PreviewEnvironment, status: PreviewEnvironmentStatus): Promise<PreviewEnvironment> {
    const { apiVersion, kind, spec, metadata } = environment;
    const { name, namespace, resourceVersion } = metadata;
    const body = { apiVersion, kind, metadata: { name, namespace, resourceVersion }, spec, status };
    return this.#keepWritten(await this.#api.send("PUT", `${this.#path}/${name}/status`, { body }));
  }

  /** Writes when a request for an environment last came, whatever else has changed meanwhile. @throws ApiError */
  async writeLastRequest(name: string, at: Date): Promise<void> {
    const body = { status: { lastRequestAt: at.toISOString() } };
    await this.#api.send("PATCH", `${this.#path}/${name}/status`, { body });
  }

  /** Adds the finalizer, onto the very version that is given. @throws ApiError */
  async addFinalizer(environment: PreviewEnvironment): Promise<PreviewEnvironment> {
    const others = environment.metadata.finalizers ?? [];
    return this.#keepWritten(await this.#writeFinalizers(environment, [...others, PREVIEW_ENVIRONMENT.finalizer]));
  }

  /** Removes the finalizer, onto the very version that is given: an object that is being deleted goes with it. @throws ApiError */
  async removeFinalizer(environment: PreviewEnvironment): Promise<void> {
    const others = (environment.metadata.finalizers ?? []).filter((each) => each !== PREVIEW_ENVIRONMENT.finalizer);
    await this.#writeFinalizers(environment, others);
  }

  /** Deletes an object, if it is still the very version that is given. @throws ApiError */
  async delete(environment: PreviewEnvironment): Promise<void> {
    const { name, uid, resourceVersion } = environment.metadata;
    const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid, resourceVersion } };
    await this.#api.send("DELETE", `${this.#path}/${name}`, { body });
  }

  /** Path of an object. A name may come from anybody; one that no object can have leads nowhere. */
  #at(name: string): string {
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
      throw new ApiError(404, `GET ${this.#path}: 404 no environment has such a name`);
    return `${this.#path}/${name}`;
  }

  #writeFinalizers(environment: PreviewEnvironment, finalizers: readonly string[]): Promise<PreviewEnvironment> {
    const { name, resourceVersion } = environment.metadata;
    return this.#api.send("PATCH", `${this.#path}/${name}`, { body: { metadata: { resourceVersion, finalizers } } });
  }

  #keepWritten(answer: PreviewEnvironment): PreviewEnvironment {
    this.#written.set(answer.metadata.name, answer.metadata.resourceVersion);
    return this.#keep(answer);
  }

  #keep(answer: PreviewEnvironment): PreviewEnvironment {
    const { name } = answer.metadata;
    const known = this.#informer.get(name, this.#namespace);
    if (known === undefined || !isAtLeast(known, answer)) this.#ahead.set(name, withoutManagedFields(answer));
    return answer;
  }
}

/** Follows objects through the API of a cluster. */
export function clusterWatch(config: KubeConfig): ObjectSource["watch"] {
  return new Watch(config);
}

/** Versions of one kind of object are numbers that grow. */
function isAtLeast(one: PreviewEnvironment, other: PreviewEnvironment): boolean {
  return Number(one.metadata.resourceVersion) >= Number(other.metadata.resourceVersion);
}
