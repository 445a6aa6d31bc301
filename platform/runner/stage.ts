import type { OperationEvent } from "../domain/operation.ts";
import type { StackName, StateFiles } from "../../stacks/state-files.ts";
import type { SecretValues } from "./secret-values.ts";
import type { OperationTask } from "./task.ts";

/** What the parts of an operation share. */
export interface Stage {
  readonly task: OperationTask;
  /** The state's files; undefined where only Pulumi reaches them. */
  readonly state: StateFiles | undefined;
  /** Takes what no event may show. */
  readonly secrets: SecretValues;
  readonly emit: (event: OperationEvent) => void;
  /** Aborts when the operation is to stop; its reason is a {@link Stop}. */
  readonly signal: AbortSignal;
}

/** The stack that an operation works on. */
export function nameOf({ request, settings }: OperationTask): StackName {
  return { project: settings.project, stack: request.stack };
}

/** Why an operation is to stop. */
export interface Stop {
  readonly reason: "Cancelled" | "Timeout";
  readonly message: string;
}

/** Tells that a part of the operation begins. */
export function enter({ emit }: Pick<Stage, "emit">, stage: string): void {
  emit({ type: "stage", stage, at: new Date().toISOString() });
}
