import { isDeepStrictEqual } from "node:util";
import type { Watch } from "@kubernetes/client-node";
import { type Api, ApiError, type ApiRequest } from "../../../platform/adapters/kubernetes/api.ts";
import { mergePatch } from "../../../spec/index.ts";

interface StoredObject {
  metadata: {
    name: string;
    uid?: string;
    resourceVersion: string;
    generation: number;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
  };
  spec?: unknown;
  status?: unknown;
}

type Listener = (type: string, object: unknown, list: string) => void;

/** An API server in memory: objects with versions, statuses apart, finalizers, deletion, and watches. */
export class ScriptedApi implements Api {
  /** Objects by path. */
  readonly objects = new Map<string, StoredObject>();
  /** "METHOD path" of each request that wrote or tried to. */
  readonly writes: string[] = [];
  /** Says which requests fail, and with what status. */
  refuse: (method: string, path: string) => number | undefined = () => undefined;
  /** Told of each write before it is done, which waits for it; for what happens at the same time. */
  before: (method: string, path: string) => void | Promise<void> = () => undefined;
  #version = 100;
  readonly #listeners = new Set<Listener>();

  async send<T>(method: string, path: string, { body, query = {} }: ApiRequest = {}): Promise<T> {
    if (method !== "GET") {
      this.writes.push(`${method} ${path}`);
      await this.before(method, path);
    }
    await Promise.resolve();
    const refused = this.refuse(method, path);
    if (refused !== undefined) throw new ApiError(refused, `refused: ${method} ${path}`);
    return structuredClone(this.#answer(method, path, body as StoredObject, query)) as T;
  }

  /** Watches the objects of a list. */
  readonly watch: Pick<Watch, "watch"> = {
    watch: (path, _query, callback) => {
      this.#listeners.add((type, object, of) => {
        if (of === path) callback(type, object);
      });
      return Promise.resolve(new AbortController());
    },
  };

  /** Creates an object as a user does. */
  create(path: string, object: { metadata: { name: string } }, createdAt: Date): void {
    const metadata = {
      uid: `uid-of-${object.metadata.name}-${this.#version}`,
      generation: 1,
      creationTimestamp: createdAt.toISOString(),
      ...object.metadata,
      resourceVersion: "",
    };
    this.#store(`${path}/${object.metadata.name}`, { ...object, metadata }, "ADDED");
  }

  /** Changes an object's spec as a user does. */
  edit(path: string, spec: unknown): void {
    const found = this.#find(path);
    const metadata = { ...found.metadata, generation: found.metadata.generation + 1 };
    this.#store(path, { ...found, metadata, spec: mergePatch(found.spec, spec) }, "MODIFIED");
  }

  /** Deletes an object as a user does. */
  delete(path: string, deletedAt = new Date(0)): void {
    const found = this.#find(path);
    if (!found.metadata.finalizers?.length) {
      this.objects.delete(path);
      this.#tell(path, "DELETED", {
        ...found,
        metadata: { ...found.metadata, resourceVersion: String(++this.#version) },
      });
      return;
    }
    const deletionTimestamp = found.metadata.deletionTimestamp ?? deletedAt.toISOString();
    this.#store(path, { ...found, metadata: { ...found.metadata, deletionTimestamp } }, "MODIFIED");
  }

  #answer(method: string, path: string, body: StoredObject, query: ApiRequest["query"] = {}): unknown {
    switch (method) {
      case "GET":
        return this.objects.get(path) ?? this.#list(path, query);
      case "POST":
        if (this.objects.has(`${path}/${body.metadata.name}`)) throw new ApiError(409, "exists");
        return this.#store(`${path}/${body.metadata.name}`, body, "ADDED");
      case "PUT":
        return this.#replace(path, body);
      case "PATCH": {
        const found = this.#find(path, (body as Partial<StoredObject>).metadata?.resourceVersion);
        const patched = mergePatch(found, body) as StoredObject;
        if (!isDeepStrictEqual(patched.spec, found.spec)) patched.metadata.generation += 1;
        if (!patched.metadata.deletionTimestamp || patched.metadata.finalizers?.length)
          return this.#store(path, patched, "MODIFIED");
        this.objects.delete(path);
        this.#tell(path, "DELETED", patched);
        return patched;
      }
      case "DELETE": {
        const { preconditions } = (body ?? {}) as { preconditions?: { uid: string; resourceVersion: string } };
        this.#find(path, preconditions?.resourceVersion);
        this.delete(path);
        return {};
      }
      default:
        throw new ApiError(405, method);
    }
  }

  #replace(path: string, body: StoredObject): StoredObject {
    const own = path.replace(/\/status$/, "");
    const found = this.#find(own, body.metadata.resourceVersion);
    const next = own === path ? body : { ...found, status: body.status };
    return this.#store(own, { ...next, metadata: found.metadata }, "MODIFIED");
  }

  #list(path: string, { labelSelector }: Readonly<Record<string, string>>): unknown {
    // A path that names one object has an even number of parts below the version.
    const parts = path.replace(/^\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\//, "").split("/");
    if (parts.length % 2 === 0) throw new ApiError(404, `no ${path}`);
    const items = [...this.objects].filter(([key]) => key.slice(0, key.lastIndexOf("/")) === path);
    const labelled = items.filter(([, { metadata }]) => hasLabels(metadata, labelSelector));
    return { metadata: { resourceVersion: String(this.#version) }, items: labelled.map(([, object]) => object) };
  }

  #find(path: string, version?: string): StoredObject {
    const found = this.objects.get(path);
    if (found === undefined) throw new ApiError(404, `no ${path}`);
    if (version !== undefined && version !== found.metadata.resourceVersion) throw new ApiError(409, "changed");
    return found;
  }

  #store(path: string, object: StoredObject, type: string): StoredObject {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    const stored = structuredClone({ ...object, metadata });
    this.objects.set(path, stored);
    this.#tell(path, type, stored);
    return stored;
  }

  /** Watches are told a moment later, as over a connection. */
  #tell(path: string, type: string, object: unknown): void {
    const list = path.slice(0, path.lastIndexOf("/"));
    setImmediate(() => {
      for (const listener of this.#listeners) listener(type, structuredClone(object), list);
    });
  }
}

function hasLabels({ labels = {} }: StoredObject["metadata"], selector = ""): boolean {
  return selector
    .split(",")
    .filter((part) => part !== "")
    .every((part) => labels[part.split("=")[0] ?? ""] === part.split("=")[1]);
}
