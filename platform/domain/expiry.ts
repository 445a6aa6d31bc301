import { duration, toMilliseconds, type PreviewEnvironment, type PreviewEnvironmentStatus } from "../../spec/index.ts";
import { conditionOf, withCondition, type ConditionReport } from "./conditions.ts";
import type { TtlSettings } from "./settings.ts";
import type { Situation } from "./situation.ts";

/** Where an environment stands in its time to live. */
export interface Expiry {
  readonly status: PreviewEnvironmentStatus;
  readonly isExpired: boolean;
  /** When the next thing happens: the warning, or the end. */
  readonly due?: Date;
}

/**
 * Compares the time with an environment's time to live, and tells of it in the status.
 *
 * Nobody loses an environment without notice: where the warning came late (the service was down, the longest life was
 * shortened), the end waits until half of the warning's time has passed since.
 */
export function checkExpiry(situation: Situation, status: PreviewEnvironmentStatus): Expiry {
  const { environment, now, settings } = situation;
  const created = Date.parse(environment.metadata.creationTimestamp);
  const end = plannedEnd(environment, settings.ttl);
  if (end === undefined) {
    return { status: withCondition({ ...status, expiresAt: undefined }, NO_END, situation), isExpired: false };
  }
  const warningMs = Math.min(settings.ttl.warningMs, (end - created) / 2);
  const warnAt = new Date(end - warningMs);
  if (now < warnAt) {
    const withEnd = { ...status, expiresAt: new Date(end).toISOString() };
    return { status: withCondition(withEnd, notYet(warnAt), situation), isExpired: false, due: warnAt };
  }
  const warning = conditionOf(status, "Expiring");
  const warnedAt = warning?.status === "True" ? Date.parse(warning.lastTransitionTime) : now.getTime();
  const due = new Date(Math.max(end, warnedAt + warningMs / 2));
  const isExpired = now >= due;
  const withEnd = { ...status, expiresAt: due.toISOString() };
  return { status: withCondition(withEnd, isExpired ? over(due) : soon(due), situation), isExpired, due };
}

/** Milliseconds since 1970; undefined: it lives on. */
function plannedEnd({ metadata, spec }: PreviewEnvironment, ttl: TtlSettings): number | undefined {
  const created = Date.parse(metadata.creationTimestamp);
  // What isn't a time span is said in the condition Ready; until it is mended the platform's counts.
  const own = duration.safeParse(spec.ttl);
  const span = own.success ? toMilliseconds(own.data) : ttl.defaultMs;
  const latest = ttl.maxMs === undefined ? Infinity : created + ttl.maxMs;
  const extended = Date.parse(spec.extendedUntil ?? "") || -Infinity;
  const end = Math.min(Math.max(span === undefined ? Infinity : created + span, extended), latest);
  return end === Infinity ? undefined : end;
}

const NO_END: ConditionReport = {
  type: "Expiring",
  status: "False",
  reason: "NotExpiring",
  message: "It has no time to live: it stays until somebody deletes it.",
};

function notYet(warnAt: Date): ConditionReport {
  const message = `Its time to live has not run out. A warning comes at ${warnAt.toISOString()}.`;
  return { type: "Expiring", status: "False", reason: "NotExpiring", message };
}

function soon(end: Date): ConditionReport {
  const message = `It is deleted at ${end.toISOString()}. To keep it, set spec.extendedUntil to a later time, as far as the platform's longest life goes.`;
  return { type: "Expiring", status: "True", reason: "ExpiresSoon", message };
}

function over(end: Date): ConditionReport {
  const message = `Its time to live ended at ${end.toISOString()}; it is being deleted.`;
  return { type: "Expiring", status: "True", reason: "Expired", message };
}
