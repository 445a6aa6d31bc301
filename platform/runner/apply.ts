import type { EnvironmentSpec } from "../../spec/index.ts";
import { tidyHistory } from "../../stacks/tidy.ts";
import type { Outcome } from "../domain/operation.ts";
import { readSecretFiles } from "../secret-files.ts";
import { Engine } from "./engine.ts";
import { listenToPreview, listenToUpdate } from "./engine-events.ts";
import { brokePlan, failed, type Failure, failureOf } from "./failures.ts";
import { createStack } from "./new-stack.ts";
import { foreignNamespace, mayHaveNamespace, readerOf } from "./own-namespace.ts";
import { createProgram, type Program } from "./program.ts";
import { prepareUpdate } from "./prepared-update.ts";
import { adoptInterrupted, type FoundStack } from "./ready-stack.ts";
import { missingSnapshot, reportSeed } from "./seed-report.ts";
import { enter, nameOf, type Stage } from "./stage.ts";

/**
 * Lets the world be as the description says: preview, policies, plan, and the update that is held to the plan. Where nothing
 * is to be changed, there is no update.
 */
export async function apply(stage: Stage, found: FoundStack, description: EnvironmentSpec): Promise<Outcome> {
  const { task, state, secrets, emit, signal } = stage;
  const lacking = mayHaveNamespace(found) ? undefined : missingSnapshot(description, task.facts);
  if (lacking !== undefined) return failed("UpdateFailed", "transient", lacking);
  const values = await readSecretFiles(task.request.secretFiles ?? {});
  const program = createProgram(task, description, { values, secrets });
  enter(stage, "preview");
  const exists = found.exists === false ? await createHere(stage) : found.exists;
  const engine = await Engine.open(task, exists, program.run);
  if (engine === undefined) throw new Error("a stack is created where there is a program");
  const adopted = await adoptInterrupted(engine, found, stage);
  const refresh = adopted || task.request.refresh === true;
  const foreign = foreignNamespace(stage, found);
  let last = await attempt(stage, { engine, program, description, refresh, foreign });
  if (last.isPlanBroken && !signal.aborted) {
    // What they are is known now, and is a part of the next plan.
    emit({
      type: "log",
      level: "warn",
      message: "Values came out otherwise than planned; planning what is left again.",
    });
    enter(stage, "preview");
    last = await attempt(stage, { engine, program, description, refresh, foreign });
  }
  if (state !== undefined) await tidyHistory(state, nameOf(task));
  return last.outcome;
}

interface Attempt {
  readonly outcome: Outcome;
  readonly isPlanBroken?: boolean;
}

interface AttemptArgs {
  readonly engine: Engine;
  readonly program: Program;
  readonly description: EnvironmentSpec;
  readonly refresh: boolean;
  /** What stands in the way of the environment's namespace. */
  readonly foreign: Promise<Failure | undefined>;
}

async function attempt(
  stage: Stage,
  { engine, program, description, refresh, foreign }: AttemptArgs,
): Promise<Attempt> {
  const { emit } = stage;
  const update = await prepareUpdate(stage, engine, refresh);
  const preview = listenToPreview(emit, update.begin);
  const args = { refresh, signal: stage.signal, onEvent: preview.onEvent };
  const previewed = await engine.preview({ ...args, plan: update.planFile });
  const diff = preview.changes.summary;
  const planned = preview.changes.urns;
  const invalid = program.invalid();
  // A comparison with the cluster is kept only by an update.
  if (invalid !== undefined || !previewed.ok || (planned.length === 0 && !refresh)) {
    await update.drop();
    if (invalid !== undefined) return { outcome: failed("InvalidSpec", "terminal", invalid.message) };
    if (!previewed.ok) return { outcome: (await foreign) ?? failureOf(previewed.text, preview) };
    emit({ type: "diff", diff });
    return { outcome: { ok: true, diff, addresses: program.addresses() } };
  }
  const obstacle = await foreign;
  if (obstacle !== undefined) {
    await update.drop();
    return { outcome: obstacle };
  }
  emit({ type: "diff", diff });
  enter(stage, "apply");
  const listener = listenToUpdate(planned, emit);
  const updated = await update.go(listener);
  const steps = listener.steps();
  if (updated.ok) {
    const { request, facts } = stage.task;
    const seed = await reportSeed({ reader: readerOf(stage), namespace: request.namespace, description, facts });
    return { outcome: { ok: true, diff, steps, addresses: program.addresses(), ...(seed ? { seed } : {}) } };
  }
  return { outcome: { ...failureOf(updated.text, listener), diff, steps }, isPlanBroken: brokePlan(listener) };
}

/** @returns whether the stack is there now; otherwise Pulumi creates it. */
async function createHere({ task, state }: Stage): Promise<boolean> {
  return state !== undefined && task.sample !== undefined && createStack(state, nameOf(task), task.sample);
}
