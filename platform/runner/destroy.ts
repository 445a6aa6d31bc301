import { deleteNamespaces, environmentNamespaces } from "../../stacks/cluster-objects.ts";
import { resourcesIn } from "../../stacks/exported-state.ts";
import { findRemains, type Remain, volumesOf } from "../../stacks/remains.ts";
import { tidyRemoved } from "../../stacks/tidy.ts";
import type { Outcome } from "../domain/operation.ts";
import { Engine } from "./engine.ts";
import { listenToUpdate } from "./engine-events.ts";
import { failed, type Failure, failureOf } from "./failures.ts";
import { mayHaveNamespace, readerOf } from "./own-namespace.ts";
import type { FoundStack } from "./ready-stack.ts";
import { enter, nameOf, type Stage } from "./stage.ts";

/**
 * Removes every resource of the stack, proves that namespaces and volumes are gone, and removes the stack. The stack's state
 * stays until then. A stack that does not exist, or whose objects were removed by hand, ends well too.
 */
export async function destroy(stage: Stage, found: FoundStack): Promise<Outcome> {
  const { task, state, emit, signal } = stage;
  const { namespace, stack } = task.request;
  const reader = readerOf(stage);
  const labelled = await environmentNamespaces(reader, namespace);
  // One that merely has such a name is not waited for.
  const namespaces = [...new Set([...(mayHaveNamespace(found) ? [namespace] : []), ...labelled])];
  const volumes = await volumesOf(reader, namespaces);

  const engine = await Engine.open(task, found.exists);
  if (engine !== undefined) {
    enter(stage, "destroy");
    const listener = listenToUpdate(objectsIn(found), emit);
    const run = await engine.destroy({ onEvent: listener.onEvent, signal });
    if (!run.ok) {
      const failure = asDestroyFailure(failureOf(run.text, listener));
      if (failure.reason !== "DestroyFailed") return failure;
      const held = (await findRemains(reader, namespaces, [], 0)).filter(({ holder }) => /finalizer/.test(holder));
      return held.length > 0 ? heldBy(held) : failure;
    }
  }
  enter(stage, "verify");
  // An update that was killed may have left what the state does not know; its label says whose it is.
  await deleteNamespaces(reader, await environmentNamespaces(reader, namespace));
  const remains = await findRemains(reader, namespaces, volumes);
  if (remains.length > 0) return heldBy(remains);
  // Who was told to stop may be the last to notice: by now the stack may be another operation's.
  signal.throwIfAborted();
  try {
    await engine?.remove();
    if (state !== undefined) await tidyRemoved(state, nameOf(task));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return failed("StackHeld", "transient", `The stack "${stack}" can't be removed: ${said}`);
  }
  return { ok: true };
}

/** URNs of what a destroy deletes; empty where only Pulumi knows. */
function objectsIn({ checkpoint }: FoundStack): string[] {
  if (checkpoint === undefined) return [];
  const objects = resourcesIn(checkpoint).filter(({ id, type }) => id !== undefined && !type.startsWith("pulumi:"));
  return objects.map(({ urn }) => urn);
}

/** What goes wrong in a destroy is said as such, unless it is about the state or the cluster as a whole. */
function asDestroyFailure(failure: Failure): Failure {
  return failure.reason === "UpdateFailed" ? { ...failure, reason: "DestroyFailed", retry: "transient" } : failure;
}

function heldBy(remains: readonly Remain[]): Failure {
  const isNamespace = remains.some(({ kind }) => kind === "namespace");
  const lines = remains.map(({ kind, name, holder }) => `${kind} ${name}: ${holder}`);
  return failed(isNamespace ? "NamespaceHeld" : "VolumeHeld", "waiting", `Still there: ${lines.join("; ")}`);
}
