import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { isAdmitted, isOutOfLine, withCondition } from "./conditions.ts";
import type { Description } from "./describe.ts";
import { checkDrift, needsRepair } from "./drift.ts";
import { ADMITTED, ASLEEP, JOINED, queued, ready, updatePending, updating, WITHOUT_PLACE } from "./messages.ts";
import { previewName } from "./names.ts";
import { soon, startPlan, type Plan } from "./plan.ts";
import { withoutFailure } from "./record.ts";
import type { Situation } from "./situation.ts";

type Described = Extract<Description, { readonly ok: true }>;

/** Plans the next step of an environment that can be carried out and has no operation. */
export function planNext(situation: Situation, known: PreviewEnvironmentStatus, description: Described): Plan {
  const { environment, now, admission } = situation;
  const hasFailed = known.failed === description.fingerprint;
  const status = hasFailed ? known : withoutFailure(known);

  // 1. It runs as wanted.
  const runs = !hasFailed && status.applied === description.fingerprint;
  if (runs && !needsRepair(situation, status)) return planUpkeep(situation, status, description);

  // 2. It failed: then only a change helps, or time.
  if (hasFailed && status.retryAt === undefined) return { status, actions: [], due: [] };
  const retryAt = new Date(status.retryAt ?? now);
  if (retryAt > now) return { status, actions: [], due: [retryAt] };

  // 3. It needs a place under the caps, unless it sleeps. Who was rejected or asleep has to join the line first.
  if (description.asleep) return planUpdate(situation, status, description);
  const hasPlace = isAdmitted(environment.status) || admission.admitted;
  if (!hasPlace || isOutOfLine(environment.status)) {
    const reports = admission.admitted ? [JOINED] : queued(admission);
    const waiting: PreviewEnvironmentStatus = { ...status, phase: "Queued", ...positionOf(situation) };
    return {
      status: reports.reduce((all, report) => withCondition(all, report, situation), waiting),
      actions: [],
      due: [admission.admitted ? now : soon(situation)],
    };
  }

  // 4. It needs room in the runner; then it starts.
  return planUpdate(situation, withCondition(status, ADMITTED, situation), description);
}

function positionOf({ admission }: Situation): { readonly position?: number } {
  return admission.admitted ? {} : { position: admission.position };
}

function planUpdate(situation: Situation, status: PreviewEnvironmentStatus, description: Described): Plan {
  const { mayStart = true, environment } = situation;
  const { commit } = description;
  const stack = previewName(environment.metadata.name);
  const refresh = needsRepair(situation, status);
  const withReport = (report: ReturnType<typeof updating>): PreviewEnvironmentStatus =>
    // What is only repaired runs meanwhile.
    refresh && isSettled(status) && status.applied === description.fingerprint
      ? status
      : withCondition({ ...status, phase: "Provisioning" }, report, situation);
  if (!mayStart) {
    return {
      status: withReport(updatePending(description, "the platform has room for one more operation")),
      actions: [],
      due: [soon(situation)],
    };
  }
  // From its start on an update may have changed anything: whatever ran before, it is not known to run any more.
  const nothing = { applied: undefined, diff: undefined, steps: undefined };
  const begun = { ...withReport(updating(description)), ...nothing, stack, namespace: stack };
  return startPlan(situation, begun, { kind: "apply", description, commit, refresh });
}

/** Whether nothing has to be changed. */
export function isSettled({ phase }: PreviewEnvironmentStatus): boolean {
  return phase === "Ready" || phase === "Asleep";
}

function planUpkeep(situation: Situation, known: PreviewEnvironmentStatus, description: Described): Plan {
  const { now, mayStart = true } = situation;
  const reports = description.asleep ? [ASLEEP, WITHOUT_PLACE] : [ready(known.commit)];
  const settled: PreviewEnvironmentStatus = { ...known, phase: description.asleep ? "Asleep" : "Ready" };
  const told = reports.reduce((all, report) => withCondition(all, report, situation), settled);
  const { status, due } = checkDrift(situation, told);
  if (due === undefined || due > now) return { status, actions: [], due: [due] };
  if (!mayStart) return { status, actions: [], due: [soon(situation)] };
  return startPlan(situation, status, { kind: "detect-drift", description, commit: known.commit });
}
