import type { ExportedStack, StateResource } from "./pending-operations.ts";

/** Type and name of each resource that a destroy refuses to delete. */
export function protectedResources(stack: ExportedStack): string[] {
  return resourcesOf(stack)
    .filter(({ protect }) => protect === true)
    .map(({ urn }) => urn.split("::").slice(2).join(" "));
}

/** Names of the namespaces that the stack made. */
export function createdNamespaces(stack: ExportedStack): string[] {
  return resourcesOf(stack)
    .filter(({ type }) => type === "kubernetes:core/v1:Namespace")
    .map(({ outputs }) => outputs?.metadata?.name)
    .filter((name) => typeof name === "string");
}

/** The resources in the text of a stack's state as the backend keeps it. */
export function resourcesIn(checkpoint: string): readonly StateResource[] {
  const { checkpoint: content } = JSON.parse(checkpoint) as {
    checkpoint?: { latest?: ExportedStack["deployment"] | null };
  };
  return content?.latest?.resources ?? [];
}

function resourcesOf({ deployment }: ExportedStack): readonly StateResource[] {
  return deployment.resources ?? [];
}
