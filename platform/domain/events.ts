import type { Condition, PreviewEnvironmentStatus } from "../../spec/index.ts";
import { conditionOf } from "./conditions.ts";
import type { EnvironmentEvent } from "./situation.ts";

type Reason = Condition["reason"];

/** Reasons that are worth an Event, once. */
const NORMAL: readonly Reason[] = ["Queued", "Provisioning", "Ready", "Asleep", "Repaired", "Expired", "Terminating"];
/** Reasons that people should look at; each message is worth an Event: it tells of a further attempt or finding. */
const WARNING: readonly Reason[] = [
  "InvalidSpec",
  "UnknownRepository",
  "ApprovalNeeded",
  "PolicyViolation",
  "UpdateFailed",
  "Timeout",
  "OutOfMemory",
  "StateLocked",
  "ClusterUnavailable",
  "RunnerLost",
  "Drifted",
  "NotLoaded",
  "ExpiresSoon",
  "DestroyFailed",
  "NamespaceHeld",
  "VolumeHeld",
  "StackHeld",
];

/** The Events that tell of the change from one status to the next. */
export function eventsBetween(before: PreviewEnvironmentStatus, after: PreviewEnvironmentStatus): EnvironmentEvent[] {
  return (after.conditions ?? []).flatMap(({ type, reason, message }): EnvironmentEvent[] => {
    const known = conditionOf(before, type);
    if (NORMAL.includes(reason) && known?.reason !== reason) return [{ type: "Normal", reason, message }];
    if (WARNING.includes(reason) && (known?.reason !== reason || known.message !== message)) {
      return [{ type: "Warning", reason, message }];
    }
    return [];
  });
}
