import type { StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { Outcome } from "../domain/operation.ts";
import { changeOf, labelOf } from "./changes.ts";
import { Engine } from "./engine.ts";
import { listenForErrors } from "./engine-events.ts";
import { failureOf } from "./failures.ts";
import type { FoundStack } from "./ready-stack.ts";
import { enter, type Stage } from "./stage.ts";

/**
 * Looks what differs between the stack and the cluster; changes nothing. Only what the stack itself sets is compared: fields
 * and objects that others added are theirs.
 */
export async function detectDrift(stage: Stage, found: FoundStack): Promise<Outcome> {
  const { task, emit, signal } = stage;
  const engine = await Engine.open(task, found.exists);
  if (engine === undefined) return { ok: true, drift: [] };
  enter(stage, "refresh");
  const listener = listenForErrors(emit);
  const drift: string[] = [];
  const run = await engine.previewRefresh({
    signal,
    onEvent: (event) => {
      listener.onEvent(event);
      const step = event.resOutputsEvent?.metadata;
      const difference = step && differenceOf(step);
      if (difference !== undefined) drift.push(difference);
    },
  });
  return run.ok ? { ok: true, drift } : failureOf(run.text, listener);
}

function differenceOf(step: StepEventMetadata): string | undefined {
  const op = changeOf(step);
  if (op === undefined) return undefined;
  if (op === "delete") return `${labelOf(step)}: it is not there`;
  const paths = Object.keys(step.detailedDiff ?? {});
  return `${labelOf(step)}: ${(paths.length > 0 ? paths : (step.diffs ?? [])).join(", ")}`;
}
