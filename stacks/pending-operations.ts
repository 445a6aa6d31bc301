/**
 * Creations that an interrupted update left open. Pulumi keeps a note of each, warns for ever, and forgets objects that
 * exist all the same; here they become ordinary resources, which the refresh of the next update compares with the cluster.
 */

/** A resource in a state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly protect?: boolean;
  readonly inputs?: KubernetesProperties;
  readonly outputs?: KubernetesProperties;
}

/** What is looked at in the properties of a Kubernetes object. */
interface KubernetesProperties {
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
}

/** The part of an exported state that is looked at; the rest stays as it is. */
export interface ExportedStack {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly { readonly type: string; readonly resource: StateResource }[];
  };
}

/**
 * Takes open creations into the state: Kubernetes objects under the name that they have or would have, so that a refresh
 * finds them, or finds that they were never made. Others (passwords, for example) exist only in the state: they are
 * forgotten, and made by the next update.
 *
 * @returns undefined when nothing is open.
 */
export function adoptPendingCreates(
  stack: ExportedStack,
): { readonly stack: ExportedStack; readonly count: number } | undefined {
  const { resources = [], pending_operations: operations = [] } = stack.deployment;
  const creates = operations.filter(({ type }) => type === "creating").map(({ resource }) => resource);
  if (creates.length === 0) return undefined;
  const known = new Set(resources.map(({ urn }) => urn));
  const adopted = creates.flatMap((resource) => {
    const id = kubernetesId(resource);
    // A replacement has the URN of what it replaces: the update decides what becomes of that.
    return id === undefined || known.has(resource.urn) ? [] : [{ ...resource, id, outputs: resource.inputs ?? {} }];
  });
  const deployment = {
    ...stack.deployment,
    resources: [...resources, ...adopted],
    pending_operations: operations.filter(({ type }) => type !== "creating"),
  };
  return { stack: { ...stack, deployment }, count: creates.length };
}

/** Whether a state file of a file backend notes open operations; spares reading it through the engine. */
export function hasPendingOperations(stateFileText: string): boolean {
  return /"pending_operations": ?\[\s*\{/.test(stateFileText);
}

/** The open operations that the text of a stack's state notes, e.g. "creating Secret web". */
export function openOperationsIn(checkpoint: string): string[] {
  const { checkpoint: content } = JSON.parse(checkpoint) as {
    checkpoint?: { latest?: ExportedStack["deployment"] | null };
  };
  return (content?.latest?.pending_operations ?? []).map(
    ({ type, resource }) => `${type} ${resource.urn.split("::").slice(2).join(" ")}`,
  );
}

/** The provider's id of a Kubernetes object. */
function kubernetesId({ type, inputs }: StateResource): string | undefined {
  const name = inputs?.metadata?.name;
  const namespace = inputs?.metadata?.namespace;
  if (!type.startsWith("kubernetes:") || typeof name !== "string") return undefined;
  return typeof namespace === "string" ? `${namespace}/${name}` : name;
}
