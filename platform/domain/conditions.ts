import {
  CONDITIONS,
  type Condition,
  type ConditionType,
  type PreviewEnvironment,
  type PreviewEnvironmentStatus,
} from "../../spec/index.ts";

/** What a condition says, without when it began. */
export type ConditionReport = {
  [Type in ConditionType]: Pick<Condition<Type>, "type" | "status" | "reason" | "message">;
}[ConditionType];

/** Longest message of a condition, in characters; what a runner reports may be long. */
const LONGEST_MESSAGE = 2000;

/** Reasons for which nothing runs of what the object says. */
export const REJECTIONS = ["InvalidSpec", "UnknownRepository", "ApprovalNeeded"] as const;

const ORDER = Object.keys(CONDITIONS);

/** The condition of a type, where the status has it. */
export function conditionOf<Type extends ConditionType>(
  status: PreviewEnvironmentStatus | undefined,
  type: Type,
): Condition<Type> | undefined {
  return status?.conditions?.find((condition): condition is Condition<Type> => condition.type === type);
}

/** The status with a condition set. The time of its last transition stays where its `status` stays. */
export function withCondition(
  status: PreviewEnvironmentStatus,
  report: ConditionReport,
  { environment, now }: { readonly environment: PreviewEnvironment; readonly now: Date },
): PreviewEnvironmentStatus {
  const before = conditionOf(status, report.type);
  const condition: Condition = {
    ...report,
    message: report.message.length > LONGEST_MESSAGE ? `${report.message.slice(0, LONGEST_MESSAGE)}…` : report.message,
    lastTransitionTime: before?.status === report.status ? before.lastTransitionTime : now.toISOString(),
    observedGeneration: environment.metadata.generation,
  };
  const others = withoutCondition(status, report.type).conditions ?? [];
  return {
    ...status,
    conditions: [...others, condition].toSorted((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type)),
  };
}

/** The status without a type of condition. */
export function withoutCondition(status: PreviewEnvironmentStatus, type: ConditionType): PreviewEnvironmentStatus {
  return { ...status, conditions: status.conditions?.filter((condition) => condition.type !== type) };
}

/** Whether the environment has a place under the caps. It keeps it until it sleeps or is gone. */
export function isAdmitted(status: PreviewEnvironmentStatus | undefined): boolean {
  return conditionOf(status, "Admitted")?.status === "True";
}

/** Whether the environment has no place and wants none: `spec` can't be carried out, or it sleeps. */
export function isOutOfLine(status: PreviewEnvironmentStatus | undefined): boolean {
  const reason = conditionOf(status, "Ready")?.reason;
  const isRejected = REJECTIONS.some((each) => each === reason);
  return !isAdmitted(status) && (isRejected || conditionOf(status, "Asleep")?.status === "True");
}

/** Since when an environment is not as it is wanted, in milliseconds since 1970, as far as its status tells; Infinity: it is. */
export function unfinishedSince({ metadata, status }: PreviewEnvironment): number {
  const isReady = conditionOf(status, "Ready");
  return isReady?.status === "True" || status?.phase === "Asleep"
    ? Infinity
    : Date.parse(isReady?.lastTransitionTime ?? metadata.creationTimestamp);
}
