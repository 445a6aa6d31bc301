import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { isAdmitted, isRejected, withCondition } from "./conditions.ts";
import type { Description } from "./describe.ts";
import { checkDrift, needsRepair } from "./drift.ts";
import { ADMITTED, JOINED, queued, ready, updatePending, updating } from "./messages.ts";
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

  // 3. It needs a place under the caps. Who was rejected has to join the line first.
  const hasPlace = isAdmitted(environment.status) || admission.admitted;
  if (!hasPlace || isRejected(environment.status)) {
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
  const { mayStart = true } = situation;
  const { commit } = description;
  const refresh = needsRepair(situation, status);
  const withReport = (report: ReturnType<typeof updating>): PreviewEnvironmentStatus =>
    // What is only repaired runs meanwhile.
    refresh && status.phase === "Ready" && status.applied === description.fingerprint
      ? status
      : withCondition({ ...status, phase: "Provisioning" }, report, situation);
  if (!mayStart) {
    return {
      status: withReport(updatePending(commit, "the platform has room for one more operation")),
      actions: [],
      due: [soon(situation)],
    };
  }
  // From its start on an update may have changed anything: whatever ran before, it is not known to run any more.
  const begun = { ...withReport(updating(commit)), applied: undefined, diff: undefined, steps: undefined };
  return startPlan(situation, begun, { kind: "apply", description, commit, refresh });
}

function planUpkeep(situation: Situation, known: PreviewEnvironmentStatus, description: Described): Plan {
  const { now, mayStart = true } = situation;
  const isReady = withCondition({ ...known, phase: "Ready" }, ready(known.commit), situation);
  const { status, due } = checkDrift(situation, isReady);
  if (due === undefined || due > now) return { status, actions: [], due: [due] };
  if (!mayStart) return { status, actions: [], due: [soon(situation)] };
  return startPlan(situation, status, { kind: "detect-drift", description, commit: known.commit });
}
