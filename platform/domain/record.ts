import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { backoffMs } from "./backoff.ts";
import { conditionOf, withCondition } from "./conditions.ts";
import { recordDrift, recordUpdated } from "./drift.ts";
import { blockedReason, formatFailure, readyReason, retryOf, type Failure } from "./failure.ts";
import type { SeedReport } from "./operation.ts";
import type { EndedOperation, Situation } from "./situation.ts";

/**
 * The status with what is known of operations: what runs, and how it ended. An operation that the status tells of and
 * that nobody knows was lost with a process that ran it: that is no failure of the environment's, and no attempt.
 */
export function record(situation: Situation): PreviewEnvironmentStatus {
  const { environment, running, ended } = situation;
  const { operation, ...status } = sinceGeneration(environment.status ?? {}, environment.metadata.generation);
  if (running) {
    const { request, startedAt, latest } = running;
    const { progress, ...details } = latest;
    const mine = operation?.id === request.id ? operation : {};
    return {
      ...status,
      ...(request.kind === "apply" ? details : {}),
      operation: {
        ...mine,
        id: request.id,
        kind: request.kind,
        startedAt: startedAt.toISOString(),
        progress,
        fingerprint: running.fingerprint,
      },
    };
  }
  if (!ended) return status;
  switch (ended.request.kind) {
    case "detect-drift":
      return recordDrift(situation, status, ended);
    case "destroy":
      if (ended.outcome.ok || environment.metadata.deletionTimestamp === undefined) return status;
      return recordBlocked(situation, status, ended.outcome);
    case "apply":
      // A status that has not the operation tells of its end already: the answer to that write was lost.
      return recordApply(situation, status, ended, (operation?.id === ended.request.id ? operation : status).commit);
  }
}

/** The status without failed attempts: something has changed, and the next one is the first. */
export function withoutFailure(status: PreviewEnvironmentStatus): PreviewEnvironmentStatus {
  return { ...status, failed: undefined, attempts: undefined, retryAt: undefined };
}

/** Whoever changes `spec` wants it tried. */
function sinceGeneration(status: PreviewEnvironmentStatus, generation: number): PreviewEnvironmentStatus {
  return status.observedGeneration === generation ? status : withoutFailure(status);
}

function recordApply(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  ended: EndedOperation,
  commit: string | undefined,
): PreviewEnvironmentStatus {
  const { outcome, fingerprint, at } = ended;
  const known = {
    ...status,
    diff: outcome.diff ?? status.diff,
    steps: outcome.steps ?? status.steps,
  };
  if (outcome.ok) {
    const seeded = recordSeed(situation, withoutFailure(known), outcome.seed);
    const updated = { ...seeded, applied: fingerprint, commit };
    return ended.request.refresh ? recordUpdated(situation, updated, at) : updated;
  }
  const attempts = (status.failed === fingerprint ? (status.attempts ?? 0) : 0) + (isAttempt(outcome) ? 1 : 0);
  const retryAt = retryTime(situation, outcome, attempts);
  return withCondition(
    {
      ...known,
      phase: retryOf(outcome) === "waiting" ? "Provisioning" : "Failed",
      failed: fingerprint,
      attempts,
      retryAt: retryAt?.toISOString(),
    },
    {
      type: "Ready",
      status: "False",
      reason: readyReason(outcome.reason),
      message: formatFailure(outcome, attempts, retryAt),
    },
    situation,
  );
}

/** What was loaded once stays: later updates find tables, whoever made them. */
function recordSeed(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  seed: SeedReport | undefined,
): PreviewEnvironmentStatus {
  if (seed === undefined || conditionOf(status, "Seeded")?.status === "True") return status;
  const isThere = seed.reason !== "NotLoaded";
  return withCondition(status, { ...seed, type: "Seeded", status: isThere ? "True" : "False" }, situation);
}

/** A destroy is tried for ever, whatever it failed of. */
function recordBlocked(
  situation: Situation,
  status: PreviewEnvironmentStatus,
  outcome: Failure,
): PreviewEnvironmentStatus {
  if (outcome.reason === "Cancelled") return { ...status, retryAt: retryTime(situation, outcome, 0)?.toISOString() };
  const attempts = (status.attempts ?? 0) + 1;
  const retryAt = retryTime(situation, { ...outcome, retry: "transient" }, attempts);
  return withCondition(
    { ...status, phase: "DeleteBlocked", attempts, retryAt: retryAt?.toISOString() },
    {
      type: "DeleteBlocked",
      status: "True",
      reason: blockedReason(outcome.reason),
      message: formatFailure(outcome, attempts, retryAt),
    },
    situation,
  );
}

/** Who waits for something else has not failed. */
function isAttempt(failure: Failure): boolean {
  return retryOf(failure) !== "waiting";
}

function retryTime(
  { now, random, settings: { retry } }: Situation,
  failure: Failure,
  attempts: number,
): Date | undefined {
  switch (retryOf(failure)) {
    case "terminal":
      return undefined;
    case "waiting":
      return new Date(now.getTime() + retry.waitingMs);
    case "transient":
      return new Date(now.getTime() + backoffMs(attempts, retry, random));
  }
}
