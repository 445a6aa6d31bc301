import type { Phase, PreviewEnvironment } from "../../spec/index.ts";
import { conditionOf } from "../domain/conditions.ts";
import { spanOf } from "./wording.ts";

/** What a state looks like: colour and sign, never colour alone. */
export type Tone = "good" | "busy" | "waiting" | "bad" | "asleep" | "gone" | "neutral";

/** The state of an environment at a glance. */
export interface StatusView {
  readonly label: string;
  readonly tone: Tone;
  /** What is worth knowing beside it: what it is at, why it failed, what is to come. */
  readonly detail?: string;
}

/** What each phase is called, and what it looks like. */
export const PHASE_LOOKS: Readonly<Record<Phase, { readonly label: string; readonly tone: Tone }>> = {
  Queued: { label: "Queued", tone: "waiting" },
  Provisioning: { label: "Provisioning", tone: "busy" },
  Ready: { label: "Ready", tone: "good" },
  Asleep: { label: "Asleep", tone: "asleep" },
  Failed: { label: "Failed", tone: "bad" },
  Terminating: { label: "Deleting", tone: "gone" },
  DeleteBlocked: { label: "Delete blocked", tone: "bad" },
};

/** Tells the state of an environment. */
export function viewStatus(environment: PreviewEnvironment, now: Date): StatusView {
  const { status } = environment;
  if (status?.phase === undefined) return { label: "New", tone: "neutral" };
  const detail = detailOf(environment, status.phase, now);
  return { ...PHASE_LOOKS[status.phase], ...(detail === undefined ? {} : { detail }) };
}

/** Address of an environment's page, where something answers there: it runs, ran before its update, or wakes for it. */
export function pageOf({ status }: PreviewEnvironment): string | undefined {
  const answers = status?.phase === "Ready" || status?.phase === "Asleep" || status?.commit !== undefined;
  return answers ? status?.url : undefined;
}

/** What an operation is called. */
export function operationName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    apply: "Update",
    destroy: "Deletion",
    "detect-drift": "Look for changes by hand",
  };
  return names[kind] ?? kind;
}

/** A reason of a condition in words: "PolicyViolation" becomes "policy violation". */
export function inWords(reason: string): string {
  return reason.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function detailOf({ status }: PreviewEnvironment, phase: Phase, now: Date): string | undefined {
  const readyReason = conditionOf(status, "Ready")?.reason ?? "";
  switch (phase) {
    case "Queued":
      return status?.position === undefined ? inWords(readyReason) : `no. ${status.position} in line`;
    case "Provisioning":
    case "Terminating":
      return status?.operation?.progress;
    case "Failed":
      return inWords(readyReason);
    case "Asleep":
      return inWords(conditionOf(status, "Asleep")?.reason ?? "");
    case "DeleteBlocked":
      return inWords(conditionOf(status, "DeleteBlocked")?.reason ?? "");
    case "Ready":
      return upkeepOf(status, now);
  }
}

function upkeepOf(status: PreviewEnvironment["status"], now: Date): string | undefined {
  if (conditionOf(status, "InSync")?.reason === "Drifted") return "changed by hand";
  if (status?.operation !== undefined) return status.operation.progress ?? inWords(status.operation.kind);
  const isExpiring = conditionOf(status, "Expiring")?.status === "True" && status?.expiresAt !== undefined;
  return isExpiring ? `ends in ${spanOf(Date.parse(status.expiresAt ?? "") - now.getTime())}` : undefined;
}
