import { PREVIEW_ENVIRONMENT, type PreviewEnvironmentStatus } from "../../spec/index.ts";
import { withCondition, withoutCondition } from "./conditions.ts";
import { TERMINATING } from "./messages.ts";
import { soon, startPlan, type Plan } from "./plan.ts";
import { withoutFailure } from "./record.ts";
import type { Action, Situation } from "./situation.ts";

/** Plans for an environment whose object is being deleted: that wins over whatever is under way. */
export function planDeletion(situation: Situation, recorded: PreviewEnvironmentStatus): Plan {
  const { environment, now, running, ended, mayStart = true } = situation;
  const { finalizers = [] } = environment.metadata;

  // 1. Without the finalizer the object is nobody's business any more; only what still runs must end.
  if (!finalizers.includes(PREVIEW_ENVIRONMENT.finalizer)) {
    return { status: recorded, actions: cancelling(situation), due: running ? [soon(situation)] : [] };
  }

  // 2. What waits for its first place has left no trace.
  const { phase, stack, operation } = environment.status ?? {};
  const isUntouched = phase === "Queued" && stack === undefined && !operation && !running && !ended;
  const status = terminating(situation, recorded);
  if (isUntouched) return gone(situation, status);

  // 3. One operation at a time: an update is cancelled, a destroy is let run.
  if (running) {
    const actions = running.request.kind === "destroy" ? [] : cancelling(situation);
    return { status, actions, due: [soon(situation)] };
  }

  // 4. The proof: the runner found namespace, volumes and stack gone.
  if (ended?.request.kind === "destroy" && ended.outcome.ok) return gone(situation, status);

  // 5. Destroy, again and again.
  if (status.retryAt !== undefined && new Date(status.retryAt) > now) {
    return { status, actions: [], due: [new Date(status.retryAt)] };
  }
  if (!mayStart) return { status, actions: [], due: [soon(situation)] };
  return startPlan(situation, status, { kind: "destroy" });
}

function gone(situation: Situation, status: PreviewEnvironmentStatus): Plan {
  return {
    status: withoutCondition(status, "DeleteBlocked"),
    actions: [{ do: "remove-finalizer" }],
    due: [soon(situation)],
  };
}

function cancelling({ running }: Situation): readonly Action[] {
  return running && !running.cancelling ? [{ do: "cancel", why: "the environment is being deleted" }] : [];
}

/** What failed of an update says nothing of the destroy: its attempts begin anew. */
function terminating(situation: Situation, recorded: PreviewEnvironmentStatus): PreviewEnvironmentStatus {
  const hasBegun = recorded.phase === "Terminating" || recorded.phase === "DeleteBlocked";
  return withCondition(
    {
      ...(hasBegun ? recorded : { ...withoutFailure(recorded), phase: "Terminating" as const }),
      position: undefined,
      observedGeneration: situation.environment.metadata.generation,
    },
    TERMINATING,
    situation,
  );
}
