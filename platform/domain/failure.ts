import type { Condition } from "../../spec/index.ts";
import type { FailureReason, Outcome } from "./operation.ts";

/** An outcome that is no success. */
export type Failure = Extract<Outcome, { readonly ok: false }>;

type ReadyReason = Condition<"Ready">["reason"];
type BlockedReason = Condition<"DeleteBlocked">["reason"];

/** What conditions say of each failure: Ready after an update, DeleteBlocked after a destroy. */
const REASONS: Readonly<Record<FailureReason, readonly [ReadyReason, BlockedReason]>> = {
  InvalidSpec: ["InvalidSpec", "DestroyFailed"],
  PolicyViolation: ["PolicyViolation", "DestroyFailed"],
  UpdateFailed: ["UpdateFailed", "DestroyFailed"],
  Timeout: ["Timeout", "DestroyFailed"],
  OutOfMemory: ["OutOfMemory", "DestroyFailed"],
  StateLocked: ["StateLocked", "StackHeld"],
  ClusterUnavailable: ["ClusterUnavailable", "DestroyFailed"],
  RunnerLost: ["RunnerLost", "DestroyFailed"],
  Cancelled: ["Provisioning", "DestroyFailed"],
  DestroyFailed: ["UpdateFailed", "DestroyFailed"],
  NamespaceHeld: ["UpdateFailed", "NamespaceHeld"],
  VolumeHeld: ["UpdateFailed", "VolumeHeld"],
  StackHeld: ["StateLocked", "StackHeld"],
};

/** Reason of the condition Ready after an update failed. */
export function readyReason(reason: FailureReason): ReadyReason {
  return REASONS[reason][0];
}

/** Reason of the condition DeleteBlocked after a destroy failed. */
export function blockedReason(reason: FailureReason): BlockedReason {
  return REASONS[reason][1];
}

/** How a failed operation is tried again: what was cancelled waits for nothing but its canceller. */
export function retryOf({ reason, retry }: Failure): Failure["retry"] {
  return reason === "Cancelled" ? "waiting" : retry;
}

/** What the message of a failure ends with. @param retryAt undefined: no try follows by itself. */
export function formatFailure({ message }: Failure, attempts: number, retryAt: Date | undefined): string {
  const next =
    retryAt === undefined
      ? "It is not tried again before spec or the platform's description of the repository changes."
      : `It is tried again at ${retryAt.toISOString()}; failed attempts so far: ${attempts}.`;
  return `${message.trimEnd()}\n${next}`;
}
