import { PREVIEW_ENVIRONMENT, type PreviewEnvironmentStatus } from "../../spec/index.ts";
import { withCondition } from "./conditions.ts";
import { describe, urlOf, type Description } from "./describe.ts";
import { checkExpiry } from "./expiry.ts";
import { rejected, updatePending, updating } from "./messages.ts";
import { isSettled, planNext } from "./next-step.ts";
import { soon, type Plan } from "./plan.ts";
import { withoutFailure } from "./record.ts";
import { checkSleep } from "./sleep.ts";
import type { Action, OperationInFlight, Situation } from "./situation.ts";

/** Plans for an environment that is wanted. */
export function planLife(situation: Situation, recorded: PreviewEnvironmentStatus): Plan {
  const { environment, settings, running } = situation;
  const { metadata } = environment;

  // 1. Nothing is created before the object is sure to stay until that is gone again.
  if (!metadata.finalizers?.includes(PREVIEW_ENVIRONMENT.finalizer)) {
    return { status: recorded, actions: [{ do: "add-finalizer" }], due: [soon(situation)] };
  }

  // 2. Its time.
  const expiry = checkExpiry(situation, {
    ...recorded,
    position: undefined,
    observedGeneration: metadata.generation,
    url: urlOf(metadata.name, settings),
  });
  if (expiry.isExpired) {
    const why = `its time to live ended at ${String(expiry.due?.toISOString())}`;
    return { status: expiry.status, actions: [{ do: "delete-object", why }], due: [soon(situation)] };
  }

  // 3. Whether it sleeps.
  const rest = checkSleep(situation, expiry.status);

  // 4. What is wanted, and what has to happen for it.
  const description = describe(environment, settings, rest.asleep);
  const status = { ...rest.status, routes: description.ok ? description.routes : rest.status.routes };
  const plan = running
    ? planInFlight(situation, running, status, description)
    : description.ok
      ? planNext(situation, status, description)
      : { status: reject(situation, status, description), actions: [], due: [] };
  return { ...plan, due: [...plan.due, expiry.due, rest.due] };
}

/**
 * An update to something that is no longer wanted is let finish for a while: cut off, it leaves behind what has to be
 * repaired. One that goes on for long probably waits for what never gets ready, and what is wanted now may be the remedy:
 * it is cancelled.
 */
function planInFlight(
  situation: Situation,
  { request, fingerprint, startedAt, cancelling }: OperationInFlight,
  status: PreviewEnvironmentStatus,
  description: Description,
): Plan {
  const due = [soon(situation)];
  if (!description.ok) return { status: reject(situation, status, description), actions: [], due };
  const isOutdated = fingerprint !== description.fingerprint;
  const patienceEnds = new Date(startedAt.getTime() + situation.settings.supersedeAfterMs);
  const isTooLong = isOutdated && !cancelling && patienceEnds <= situation.now;
  const actions: Action[] = isTooLong ? [{ do: "cancel", why: "something newer is wanted" }] : [];
  // A look for changes by hand, and their repair, leave an environment as it is where that is what is wanted.
  if (isSettled(status) && !isOutdated) return { status, actions, due };
  const report =
    request.kind === "apply" && !isOutdated
      ? updating(description)
      : updatePending(description, "the operation that runs has ended");
  return { status: withCondition({ ...status, phase: "Provisioning" }, report, situation), actions, due };
}

/** What failed of an update says nothing any more once the object itself is wrong. */
function reject(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  description: Extract<Description, { readonly ok: false }>,
): PreviewEnvironmentStatus {
  const phase = description.reason === "ApprovalNeeded" ? "Queued" : "Failed";
  return withCondition({ ...withoutFailure(status), phase }, rejected(description), situation);
}
