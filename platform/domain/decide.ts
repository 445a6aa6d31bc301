import type { PreviewEnvironmentStatus } from "../../spec/index.ts";
import { planDeletion } from "./deletion.ts";
import { eventsBetween } from "./events.ts";
import { planLife } from "./life.ts";
import { record } from "./record.ts";
import type { Decision, Situation } from "./situation.ts";

export type {
  Action,
  Admission,
  Decision,
  EndedOperation,
  EnvironmentEvent,
  OperationInFlight,
  OperationProgress,
  Situation,
} from "./situation.ts";
export type { BaseDescription, Caps, DomainSettings, DriftMode } from "./settings.ts";

/** Timers count in 32 bits, and it does no harm to look earlier. */
const LONGEST_REQUEUE_MS = 24 * 60 * 60 * 1000;

/**
 * Decides what happens next with an environment. Pure: the same situation gives the same decision, and once that is
 * carried out nothing more is decided until something changes or the time that it names has come.
 *
 * Nothing is remembered but the object's status. An operation that the status tells of and that is neither running nor
 * just ended was lost with a process that ran it; it is started again.
 */
export function decide(situation: Situation): Decision {
  const { environment, now } = situation;
  const recorded = record(situation);
  const isWanted = environment.metadata.deletionTimestamp === undefined;
  const { status, actions, due } = isWanted ? planLife(situation, recorded) : planDeletion(situation, recorded);
  const times = due.flatMap((time) => (time === undefined ? [] : [time.getTime() - now.getTime()]));
  const known = withoutUndefined(status);
  return {
    status: known,
    actions,
    events: eventsBetween(environment.status ?? {}, known),
    ...(times.length === 0 ? {} : { requeueAfterMs: Math.min(Math.max(Math.min(...times), 1), LONGEST_REQUEUE_MS) }),
  };
}

/** The API server keeps no undefined values, and a status that is read back must be equal to the one that was decided. */
function withoutUndefined(status: PreviewEnvironmentStatus): PreviewEnvironmentStatus {
  return JSON.parse(JSON.stringify(status)) as PreviewEnvironmentStatus;
}
