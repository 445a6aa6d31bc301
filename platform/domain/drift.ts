import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { backoffMs } from "./backoff.ts";
import { conditionOf, withCondition, type ConditionReport } from "./conditions.ts";
import { fractionOf } from "./fingerprint.ts";
import type { DriftMode } from "./settings.ts";
import type { EndedOperation, Situation } from "./situation.ts";

/** Most changes by hand that a message lists. */
const MOST_LISTED = 10;

/** What happens to changes by hand in this environment. */
export function driftModeOf({ environment, settings }: Situation): DriftMode {
  return environment.spec.drift ?? settings.drift.mode;
}

/** Whether changes by hand were found that are to be taken back. */
export function needsRepair(situation: Situation, status: PreviewEnvironmentStatus): boolean {
  return driftModeOf(situation) === "repair" && conditionOf(status, "InSync")?.reason === "Drifted";
}

/** The status after a look for changes by hand. One that failed is made again as a failed update is. */
export function recordDrift(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  { outcome, at }: EndedOperation,
): PreviewEnvironmentStatus {
  const mayPass = !outcome.ok && outcome.retry !== "terminal";
  const looked: PreviewEnvironmentStatus = {
    ...status,
    driftCheckedAt: at.toISOString(),
    driftFailures: mayPass ? (status.driftFailures ?? 0) + 1 : undefined,
  };
  const report = outcome.ok
    ? found(outcome.drift ?? [], driftModeOf(situation))
    : notChecked(outcome.message, nextLook(situation, looked));
  return withCondition(looked, report, situation);
}

/** The status after an update that compared the stack with the cluster. */
export function recordUpdated(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  at: Date,
): PreviewEnvironmentStatus {
  return withCondition({ ...status, driftCheckedAt: at.toISOString(), driftFailures: undefined }, REPAIRED, situation);
}

/** The status of an environment that runs: it says that nobody has looked yet, and when somebody will. */
export function checkDrift(
  situation: Situation,
  status: PreviewEnvironmentStatus,
): { readonly status: PreviewEnvironmentStatus; readonly due?: Date } {
  const mode = driftModeOf(situation);
  const known = conditionOf(status, "InSync");
  const told = known ? status : withCondition(status, mode === "ignore" ? IGNORED : UNTIL_NOW, situation);
  if (mode === "ignore") return { status: told };
  return { status: told, due: nextLook(situation, status) };
}

/** When the next look is due: once in an interval, a quarter more or less by name; sooner after one that failed. */
function nextLook({ environment, settings }: Situation, status: PreviewEnvironmentStatus): Date {
  const { name, creationTimestamp } = environment.metadata;
  const { driftCheckedAt = creationTimestamp, driftFailures = 0 } = status;
  const fraction = fractionOf(name);
  const regularMs = settings.drift.intervalMs * (0.75 + fraction / 2);
  const retryMs = driftFailures === 0 ? Infinity : backoffMs(driftFailures, settings.retry, fraction);
  return new Date(Date.parse(driftCheckedAt) + Math.min(regularMs, retryMs));
}

function found(changes: readonly string[], mode: DriftMode): ConditionReport {
  if (changes.length === 0) return IN_SYNC;
  const listed = changes.slice(0, MOST_LISTED).join("; ");
  const more = changes.length > MOST_LISTED ? `; and ${changes.length - MOST_LISTED} more` : "";
  const next =
    mode === "repair"
      ? "It is being taken back."
      : "To take it back, set spec.drift to repair; to keep it, change spec or the repository's description.";
  const message = `Changed by hand: ${listed}${more}. ${next}`;
  return { type: "InSync", status: "False", reason: "Drifted", message };
}

function notChecked(why: string, next: Date): ConditionReport {
  const message = `Looking for changes by hand failed and is tried again at ${next.toISOString()}: ${why}`;
  return { type: "InSync", status: "Unknown", reason: "NotChecked", message };
}

const IN_SYNC: ConditionReport = {
  type: "InSync",
  status: "True",
  reason: "InSync",
  message: "What runs is what is wanted, as far as the last look found.",
};

const REPAIRED: ConditionReport = {
  type: "InSync",
  status: "True",
  reason: "Repaired",
  message: "What was changed by hand was taken back.",
};

const UNTIL_NOW: ConditionReport = {
  type: "InSync",
  status: "Unknown",
  reason: "NotChecked",
  message: "Changes by hand were not looked for yet.",
};

const IGNORED: ConditionReport = {
  type: "InSync",
  status: "Unknown",
  reason: "NotChecked",
  message: "Changes by hand are not looked for: spec.drift or the platform's configuration says ignore.",
};
