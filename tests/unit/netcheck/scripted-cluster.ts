import type { CanaryCluster, CanaryState, Opening, ScriptResult, TestNamespace } from "../../../netcheck/cluster.ts";
import type { KubeObject } from "../../../spec/index.ts";

/** A cluster that a test plays: pods run at once, scripts succeed, every call is written down. */
export interface ScriptedCluster extends CanaryCluster {
  /** The calls so far, e.g. "delete shop: pod/canary-01234567". */
  readonly calls: string[];
  /** The objects that were created. */
  readonly objects: KubeObject[];
}

/** What a test changes of the cluster's behaviour. */
export interface Script {
  /** States of a canary, one for each look at it; the last one stays. @default Running */
  readonly states?: readonly (Partial<CanaryState> | undefined)[];
  readonly create?: () => Promise<void>;
  readonly createNamespace?: () => Promise<void>;
  readonly deleteAll?: (objects: readonly string[]) => Promise<void>;
  readonly runScript?: (namespace: string, pod: string, script: string) => Promise<ScriptResult>;
  readonly canaries?: readonly CanaryState[];
  readonly openings?: readonly Opening[];
  readonly testNamespaces?: readonly TestNamespace[];
  /** What the API answers, by path. @default it refuses */
  readonly read?: (path: string) => unknown;
  readonly namespaces?: readonly string[];
}

/** Makes a cluster that behaves as scripted. */
export function scriptedCluster(script: Script = {}): ScriptedCluster {
  const calls: string[] = [];
  const objects: KubeObject[] = [];
  const looks = new Map<string, number>();
  const states = script.states ?? [{ phase: "Running" }];
  return {
    calls,
    objects,
    async createNamespace({ metadata }) {
      calls.push(`create namespace ${metadata.name}`);
      await script.createNamespace?.();
    },
    deleteNamespace(name) {
      calls.push(`delete namespace ${name}`);
      return Promise.resolve();
    },
    namespaces: () => Promise.resolve([...(script.namespaces ?? [])]),
    async create(all) {
      objects.push(...all);
      calls.push(`create ${all.map(({ kind }) => kind).join(" ")}`);
      await script.create?.();
    },
    readCanary(namespace, name) {
      const look = looks.get(name) ?? 0;
      looks.set(name, look + 1);
      const state = states[Math.min(look, states.length - 1)];
      const ip = `10.244.0.${[...looks.keys()].indexOf(name) + 1}`;
      return Promise.resolve(state && { namespace, name, phase: "Pending", ip, ready: true, createdAtMs: 0, ...state });
    },
    listCanaries: () => Promise.resolve([...(script.canaries ?? [])]),
    listOpenings: () => Promise.resolve([...(script.openings ?? [])]),
    listTestNamespaces: () => Promise.resolve([...(script.testNamespaces ?? [])]),
    async runScript(namespace, pod, text) {
      calls.push(`run ${pod}`);
      return (await script.runScript?.(namespace, pod, text)) ?? { code: 0, stdout: "", stderr: "" };
    },
    async deleteAll(namespace, objects) {
      calls.push(`delete ${namespace}: ${objects.join(" ")}`);
      await script.deleteAll?.(objects);
    },
    read: (path) => Promise.resolve(script.read?.(path)),
  };
}
