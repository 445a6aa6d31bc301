import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeApi } from "../../clusters/kube-api.ts";

/** Puts back what a breakage changed. */
export type Undo = () => Promise<void>;

interface ObjectMetadata {
  readonly name: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An object as the API server gives it. */
interface LiveObject {
  readonly metadata: ObjectMetadata;
  readonly spec?: Record<string, unknown>;
  readonly status?: { readonly phase?: string };
}

const WAIT_MS = 120_000;

/** Breaks things of one namespace through the API server, each so that it can be put back. */
export class BrokenCluster {
  readonly namespace: string;
  readonly #api: KubeApi;

  constructor(api: KubeApi, namespace: string) {
    this.#api = api;
    this.namespace = namespace;
  }

  /** Closes idle connections, so that the process can end. */
  close(): void {
    this.#api.close();
  }

  /** Address of objects of the namespace. @param kind plural, with its group, e.g. "apps/v1/deployments" */
  path(kind: string, name = "", namespace = this.namespace): string {
    const prefix = kind.startsWith("v1/") ? "/api" : "/apis";
    const parts = kind.split("/");
    return [`${prefix}/${parts.slice(0, -1).join("/")}`, `namespaces/${namespace}`, parts.at(-1), name]
      .filter((part) => part !== "")
      .join("/");
  }

  async read(path: string): Promise<LiveObject> {
    return (await this.#api.read(path)) as LiveObject;
  }

  async create(path: string, object: object): Promise<Undo> {
    const { status, body } = await this.#send("POST", path, object);
    assert.equal(status, 201, body);
    const { metadata } = JSON.parse(body) as LiveObject;
    return () => this.delete(`${path}/${metadata.name}`);
  }

  /** Changes an object by a merge patch. @param back the patch that undoes it */
  async patch(path: string, change: object, back: object): Promise<Undo> {
    await this.#patch(path, change);
    return () => this.#patch(path, back);
  }

  async delete(path: string): Promise<void> {
    const { status, body } = await this.#api.send(
      "DELETE",
      `${path}?gracePeriodSeconds=0&propagationPolicy=Background`,
    );
    assert.ok(status < 300 || status === 404, body);
  }

  /** Removes an object that is made again as it was. */
  async remove(path: string): Promise<Undo> {
    const { metadata, ...rest } = await this.read(path);
    await this.delete(path);
    const { name, labels, annotations } = metadata as ObjectMetadata & { annotations?: object };
    return async () => {
      const again = { ...rest, status: undefined, metadata: { name, labels, annotations } };
      await this.create(path.slice(0, path.lastIndexOf("/")), again);
    };
  }

  /** The pod of a workload, once it is there. */
  async podOf(workload: string, phase = "Running"): Promise<LiveObject> {
    const selector = encodeURIComponent(`terrarium.dev/workload=${workload}`);
    return this.eventually(`a pod of ${workload}`, async () => {
      const { items } = (await this.#api.read(`${this.path("v1/pods")}?labelSelector=${selector}`)) as {
        items: LiveObject[];
      };
      return items.find(({ status, metadata }) => status?.phase === phase && !("deletionTimestamp" in metadata));
    });
  }

  /** Gives the pod of a workload a status that a kubelet would report. Undone, the workload has a new pod. */
  async report(workload: string, status: object, phase = "Running"): Promise<Undo> {
    const { metadata } = await this.podOf(workload, phase);
    const path = this.path("v1/pods", metadata.name);
    await this.#patch(`${path}/status`, { status });
    return async () => {
      await this.delete(path);
      await this.podOf(workload);
    };
  }

  /** Ends the pod of a workload, so that a new one is asked for. */
  async endPod(workload: string): Promise<void> {
    const { metadata } = await this.podOf(workload);
    await this.delete(this.path("v1/pods", metadata.name));
  }

  /** Writes an event, as a kubelet does. */
  event(kind: string, name: string, reason: string, message: string): Promise<Undo> {
    const now = new Date().toISOString().replace(/\.\d+/, "");
    return this.create(this.path("v1/events"), {
      metadata: { generateName: `${name}.` },
      involvedObject: { apiVersion: "v1", kind, name, namespace: this.namespace },
      type: "Warning",
      ...{ reason, message, firstTimestamp: now, lastTimestamp: now, count: 1 },
      source: { component: "kubelet" },
    });
  }

  /** Asks until there is an answer. */
  async eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      assert.ok(Date.now() < deadline, `${what}: not within ${WAIT_MS / 1000} s`);
      await delay(50);
    }
  }

  async #patch(path: string, change: object): Promise<void> {
    const { status, body } = await this.#send("PATCH", path, change, "application/merge-patch+json");
    assert.equal(status, 200, body);
  }

  #send(method: string, path: string, body: object, type = "application/json") {
    return this.#api.send(method, path, { type, text: JSON.stringify(body) });
  }
}

/** Undoes several breakages, the last one first. */
export function undoAll(...undos: readonly Undo[]): Undo {
  return async () => {
    for (const undo of undos.toReversed()) await undo();
  };
}
