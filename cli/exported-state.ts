import { lastLines } from "../clusters/run-command.ts";
import type { Engine } from "./engine.ts";
import { CommandFailure } from "./exit.ts";
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

/** Lets a destroy delete every resource of the stack. */
export async function unprotectAll(engine: Engine): Promise<void> {
  const result = await engine.capture(["state", "unprotect", "--all", "--yes"]);
  if (result.code !== 0) throw new CommandFailure(`The data cannot be released for deletion: ${lastLines(result)}`);
}

function resourcesOf({ deployment }: ExportedStack): readonly StateResource[] {
  return deployment.resources ?? [];
}
