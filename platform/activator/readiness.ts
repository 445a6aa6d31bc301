import type { Condition, ConditionType, PreviewEnvironment } from "../../spec/index.ts";

/** What becomes of a request for an environment. */
export type Readiness =
  /** It is passed on. */
  | "up"
  /** It waits: the environment wakes, or comes up for the first time. */
  | "coming"
  /** Nothing helps but that somebody looks at it. */
  | "failed"
  /** It is being removed. */
  | "leaving";

/**
 * Tells from its status whether an environment's pages can be asked. One that is being updated still serves what it served
 * before; one that has not been ready since it woke serves nothing.
 */
export function readinessOf({ metadata, status }: PreviewEnvironment): Readiness {
  if (metadata.deletionTimestamp !== undefined) return "leaving";
  if (status?.phase === "Ready") return "up";
  const ready = conditionOf(status?.conditions, "Ready");
  const asleep = conditionOf(status?.conditions, "Asleep");
  const wasReady =
    asleep?.status === "False" &&
    ready !== undefined &&
    Date.parse(ready.lastTransitionTime) > Date.parse(asleep.lastTransitionTime);
  if (wasReady) return "up";
  return status?.phase === "Failed" && status.retryAt === undefined ? "failed" : "coming";
}

/** Since when an environment sleeps or is being put to sleep, in milliseconds since 1970; undefined: it is awake. */
export function asleepSince({ status }: PreviewEnvironment): number | undefined {
  const asleep = conditionOf(status?.conditions, "Asleep");
  return asleep?.status === "True" ? Date.parse(asleep.lastTransitionTime) : undefined;
}

function conditionOf(conditions: readonly Condition[] | undefined, type: ConditionType): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
