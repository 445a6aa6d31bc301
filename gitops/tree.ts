import type { ResolvedEnvironment } from "../spec/index.ts";
import { isSecret, keyOf, type KubeObject } from "./kube-object.ts";
import { stageOf, stages, type Stage } from "./stages.ts";

/** Everything that one stack is made of. */
export interface StackObjects {
  readonly stack: string;
  readonly environment: ResolvedEnvironment;
  /** As `up` would send them, the values of Secrets in the clear. */
  readonly objects: readonly KubeObject[];
}

/** An export that is not on disk yet. Paths are below its folder, with "/". */
export interface Tree {
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>;
  /** By path, the Secrets that must be encrypted before they are written. */
  readonly secrets: ReadonlyMap<string, { readonly stack: string; readonly object: KubeObject }>;
}

/** One stage of several stacks: what they share, and what each has for itself. */
export interface SharedStage {
  readonly stage: Stage;
  /** Of each stack that has the stage, its objects by key. */
  readonly stacks: readonly { readonly stack: StackObjects; readonly objects: ReadonlyMap<string, KubeObject> }[];
  /** Keys of the objects that every stack has in a namespace and may show: what of them is equal can be shared. */
  readonly shared: readonly string[];
}

/**
 * Sorts the objects of stacks into stages.
 *
 * @throws Error for an object that belongs to no part of its environment, and for two objects of one key.
 */
export function toStages(stacks: readonly StackObjects[]): SharedStage[] {
  return stages.map((stage) => {
    const all = stacks.map((stack) => ({ stack, objects: byKey(objectsOf(stage, stack), stack.stack) }));
    const [first] = all;
    const shared = [...(first?.objects ?? [])]
      .filter(([key, object]) => isShareable(object) && all.every(({ objects }) => objects.has(key)))
      .map(([key]) => key);
    return { stage, shared, stacks: all.filter(({ objects }) => objects.size > 0) };
  });
}

/** The stages that a stack has. */
export function stagesOf({ objects, environment }: StackObjects): Stage[] {
  const present = new Set(objects.map((object) => stageOf(object, environment)));
  return stages.filter((stage) => present.has(stage));
}

/** A stack's objects of one stage. */
export function objectsOf(stage: Stage, { objects, environment }: StackObjects): KubeObject[] {
  return objects.filter((object) => stageOf(object, environment) === stage);
}

function isShareable(object: KubeObject): boolean {
  return object.metadata.namespace !== undefined && !isSecret(object);
}

function byKey(objects: readonly KubeObject[], stack: string): Map<string, KubeObject> {
  const entries = objects.map((object) => [keyOf(object), object] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = new Map(entries);
  if (map.size !== objects.length) {
    const twice = entries.find(([key], index) => entries[index - 1]?.[0] === key)?.[0];
    throw new Error(`${stack} has two objects ${twice}`);
  }
  return map;
}
