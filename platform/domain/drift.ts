import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
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

/** The status after a look for changes by hand. One that failed is made again at its next time. */
export function recordDrift(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  { outcome, at }: EndedOperation,
): PreviewEnvironmentStatus {
  const report = outcome.ok ? found(outcome.drift ?? [], driftModeOf(situation)) : notChecked(outcome.message);
  return withCondition({ ...status, driftCheckedAt: at.toISOString() }, report, situation);
}

/** The status after an update that compared the stack with the cluster. */
export function recordUpdated(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  at: Date,
): PreviewEnvironmentStatus {
  return withCondition({ ...status, driftCheckedAt: at.toISOString() }, REPAIRED, situation);
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
  const { name, creationTimestamp } = situation.environment.metadata;
  const since = status.driftCheckedAt ?? creationTimestamp;
  const spread = 0.75 + fractionOf(name) / 2;
  return { status: told, due: new Date(Date.parse(since) + situation.settings.drift.intervalMs * spread) };
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

function notChecked(why: string): ConditionReport {
  const message = `Looking for changes by hand failed and is tried at the next time: ${why}`;
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
