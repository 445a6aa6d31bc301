import { dropDebugMessages } from "../../stacks/debug-messages.ts";
import { openState } from "../../stacks/open-state.ts";
import type { OperationEvent, Outcome } from "../domain/operation.ts";
import { apply } from "./apply.ts";
import { destroy } from "./destroy.ts";
import { detectDrift } from "./detect-drift.ts";
import { failed, type Failure, failureOf } from "./failures.ts";
import { freeStack, freeToldStack } from "./ready-stack.ts";
import { passwordsIn, SecretValues } from "./secret-values.ts";
import { enter, type Stage, type Stop } from "./stage.ts";
import type { OperationTask } from "./task.ts";

/**
 * Does what an operation is about, in this process and those that it starts. Never rejects.
 *
 * @param emit gets every event but the result; no secret is in any.
 * @param signal aborts with a {@link Stop}; the engine then saves its state and ends.
 */
export async function runOperation(
  task: OperationTask,
  emit: (event: OperationEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  dropDebugMessages();
  const secrets = new SecretValues();
  for (const password of passwordsIn(task.settings.state.address)) secrets.add(password);
  const state = openState(task.settings.state.address);
  const stage: Stage = {
    task,
    state,
    secrets,
    signal,
    emit: (event) => {
      emit(hideSecrets(event, secrets));
    },
  };
  let outcome = await attempt(stage);
  if (state === undefined && !outcome.ok && outcome.reason === "StateLocked" && !signal.aborted) {
    const held = await freeToldStack(stage, outcome).catch(asFailure);
    outcome = held ?? (await attempt(stage));
  }
  await state?.close().catch(() => undefined);
  return hideSecrets(signal.aborted && !outcome.ok ? stopped(signal.reason as Stop, outcome) : outcome, secrets);
}

function attempt(stage: Stage): Promise<Outcome> {
  return run(stage).catch(asFailure);
}

function asFailure(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  return failureOf(text, { errors: [], violations: [] });
}

async function run(stage: Stage): Promise<Outcome> {
  const { kind, description } = stage.task.request;
  enter(stage, "unlock");
  const found = await freeStack(stage);
  if ("ok" in found) return found;
  stage.signal.throwIfAborted();
  switch (kind) {
    case "apply":
      if (description === undefined) return failed("InvalidSpec", "terminal", "There is no description to apply.");
      return apply(stage, found, description);
    case "destroy":
      return destroy(stage, found);
    case "detect-drift":
      return detectDrift(stage, found);
  }
}

/** What was cut off is told as such, with what is known of it. */
function stopped(stop: Stop, outcome: Failure): Failure {
  return { ...outcome, reason: stop.reason, retry: "transient", message: stop.message };
}

function hideSecrets<T>(value: T, secrets: SecretValues): T {
  const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? secrets.hide(inner) : inner));
  return JSON.parse(text) as T;
}
