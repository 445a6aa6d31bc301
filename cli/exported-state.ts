import { lastLines } from "../clusters/run-command.ts";
import type { Engine } from "./engine.ts";
import { CommandFailure } from "./exit.ts";

/** A resource as the state has it. */
interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly protect?: boolean;
  readonly outputs?: { readonly metadata?: { readonly name?: unknown } };
}

/** The resources of a stack's state. */
export type ExportedState = readonly StateResource[];

/** Reads a stack's state. @throws CommandFailure when it cannot be read. */
export async function exportState(engine: Engine): Promise<ExportedState> {
  const result = await engine.capture(["stack", "export"]);
  if (result.code !== 0) throw new CommandFailure(`The stack's state cannot be read: ${lastLines(result)}`);
  const state = JSON.parse(result.stdout) as { deployment?: { resources?: StateResource[] } };
  return state.deployment?.resources ?? [];
}

/** Type and name of each resource that a destroy refuses to delete. */
export function protectedResources(state: ExportedState): string[] {
  return state.filter(({ protect }) => protect === true).map(({ urn }) => urn.split("::").slice(2).join(" "));
}

/** Names of the namespaces that the stack made. */
export function createdNamespaces(state: ExportedState): string[] {
  return state
    .filter(({ type }) => type === "kubernetes:core/v1:Namespace")
    .map(({ outputs }) => outputs?.metadata?.name)
    .filter((name) => typeof name === "string");
}

/** Lets a destroy delete every resource of the stack. */
export async function unprotectAll(engine: Engine): Promise<void> {
  const result = await engine.capture(["state", "unprotect", "--all", "--yes"]);
  if (result.code !== 0) throw new CommandFailure(`The data cannot be released for deletion: ${lastLines(result)}`);
}
