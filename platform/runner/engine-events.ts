import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { OperationEvent } from "../domain/operation.ts";
import { Changes, changeOf, labelOf } from "./changes.ts";
import { StepClock } from "./steps.ts";

/** What a run of the engine has said that matters for how it ends. */
export interface Findings {
  /** Messages of errors, in their order. */
  readonly errors: string[];
  /** What mandatory policies object to. */
  readonly violations: string[];
}

/** Takes the events of one run. */
export interface EventListener extends Findings {
  readonly onEvent: (event: EngineEvent) => void;
}

/** What the engine says at the end of a run that failed: that it did. */
const OVER = /^(preview|update|destroy|refresh) failed\s*$/;

/** Takes the events of an update. */
export interface UpdateListener extends EventListener {
  /** Times of the steps so far. */
  readonly steps: () => StepClock["timings"];
}

type Emit = (event: OperationEvent) => void;

/**
 * Listens to a preview: finds what an update would change.
 *
 * @param firstFound is called once, when something is.
 */
export function listenToPreview(emit: Emit, firstFound = () => {}): EventListener & { readonly changes: Changes } {
  const changes = new Changes();
  const findings: Findings = { errors: [], violations: [] };
  const onEvent = (event: EngineEvent): void => {
    const before = changes.urns.length;
    if (event.resourcePreEvent) changes.add(event.resourcePreEvent.metadata);
    if (before === 0 && changes.urns.length > 0) firstFound();
    hear(event, findings, emit);
  };
  return { ...findings, changes, onEvent };
}

/**
 * Listens to an update or a destroy: tells of each resource, of the progress and of the steps.
 *
 * @param planned URNs of what will change.
 */
export function listenToUpdate(planned: readonly string[], emit: Emit): UpdateListener {
  const clock = new StepClock(planned);
  const open = new Set(planned);
  const findings: Findings = { errors: [], violations: [] };
  const onEvent = (event: EngineEvent): void => {
    const step = event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent;
    if (step !== undefined) {
      const { metadata } = step;
      const op = changeOf(metadata);
      // A replacement is over when the new one is there; the engine tells of the old one's end too.
      if (op === undefined || metadata.op === "delete-replaced" || metadata.op === "replace") return;
      // The engine's own times are whole seconds.
      const now = new Date();
      const at = now.toISOString();
      const resource = labelOf(metadata);
      const state = event.resourcePreEvent ? "started" : event.resOutputsEvent ? "done" : "failed";
      emit({ type: "resource", resource, op, state, at });
      if (state === "done" && open.delete(metadata.urn)) {
        emit({ type: "progress", done: planned.length - open.size, total: planned.length, current: resource });
      }
      const isTurn = state === "started" ? clock.started(metadata.urn, now) : clock.done(metadata.urn, now);
      if (isTurn) emit({ type: "steps", steps: clock.timings });
    }
    hear(event, findings, emit);
  };
  return { ...findings, onEvent, steps: () => clock.timings };
}

/** Listens to a run whose resources do not matter. */
export function listenForErrors(emit: Emit): EventListener {
  const findings: Findings = { errors: [], violations: [] };
  return {
    ...findings,
    onEvent: (event) => {
      hear(event, findings, emit);
    },
  };
}

function hear({ diagnosticEvent, policyEvent }: EngineEvent, { errors, violations }: Findings, emit: Emit): void {
  if (policyEvent) {
    const { policyName, resourceUrn, enforcementLevel, message } = policyEvent;
    const isMandatory = enforcementLevel === "mandatory";
    const text = `${policyName}: ${about(resourceUrn)}${plain(message)}`;
    if (isMandatory) violations.push(text);
    emit({ type: "log", level: isMandatory ? "error" : "warn", message: text });
  }
  if (!diagnosticEvent || diagnosticEvent.ephemeral) return;
  const { urn, severity, message } = diagnosticEvent;
  if ((severity !== "error" && severity !== "warning") || OVER.test(message)) return;
  const text = `${about(urn)}${plain(message)}`;
  if (severity === "error") errors.push(text);
  emit({ type: "log", level: severity === "error" ? "error" : "warn", message: text });
}

/** The resource that a message is about, for people. */
function about(urn = ""): string {
  const [, , types = "", name = ""] = urn.split("::");
  const kind = types.slice(types.lastIndexOf(":") + 1);
  return name === "" || types === "pulumi:pulumi:Stack" ? "" : `${kind}/${name}: `;
}

/** A message without the marks of colours, and without the values that the engine shows when a plan does not hold. */
function plain(message: string): string {
  return message
    .replaceAll(/<\{%.*?%\}>/g, "")
    .replaceAll(/(violates plan: )[^]*/g, "$1its values are not as planned")
    .trim();
}
