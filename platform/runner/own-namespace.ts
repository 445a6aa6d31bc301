import { type ClusterReader, listObjects } from "../../stacks/cluster-objects.ts";
import { resourcesIn } from "../../stacks/exported-state.ts";
import { failed, type Failure } from "./failures.ts";
import { namespaceLabels } from "./namespace-labels.ts";
import type { FoundStack } from "./ready-stack.ts";
import type { Stage } from "./stage.ts";

/** Reads the cluster that environments run in. */
export function readerOf({ task }: Pick<Stage, "task">): ClusterReader {
  const { tools, cluster } = task.settings;
  return { kubectl: tools.kubectl, access: cluster, env: { ...process.env, ...tools.env } };
}

/** Whether a stack may have made a namespace: not where its state has none. */
export function mayHaveNamespace({ exists, checkpoint }: FoundStack): boolean {
  if (exists === false) return false;
  return (
    checkpoint === undefined || resourcesIn(checkpoint).some(({ type }) => type === "kubernetes:core/v1:Namespace")
  );
}

/**
 * Looks whether the namespace that a stack is about to make is there already and somebody else's. The engine would take it
 * over, and a later destroy would delete it. Never rejects: that the cluster does not answer is the engine's to say.
 */
export async function foreignNamespace(stage: Stage, found: FoundStack): Promise<Failure | undefined> {
  if (found.checkpoint !== undefined && mayHaveNamespace(found)) return undefined;
  const { namespace } = stage.task.request;
  const [there] = await listObjects(readerOf(stage), ["namespaces", namespace, "--ignore-not-found"]).catch(() => []);
  const { labels = {} } = there?.metadata ?? {};
  const isOwn = Object.entries(namespaceLabels(stage.task)).every(([label, value]) => labels[label] === value);
  if (there === undefined || isOwn) return undefined;
  const advice = "Give the environment another name, or delete that namespace.";
  return failed(
    "UpdateFailed",
    "transient",
    `The namespace ${namespace} is there already, and was not made for this environment. ${advice}`,
  );
}
