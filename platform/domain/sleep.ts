import {
  idleAfterSchema,
  toMilliseconds,
  type PreviewEnvironment,
  type PreviewEnvironmentStatus,
} from "../../spec/index.ts";
import { conditionOf, withCondition, type ConditionReport } from "./conditions.ts";
import { cronTimes, type CronTimes } from "./cron-times.ts";
import type { SleepSettings } from "./settings.ts";
import type { Situation } from "./situation.ts";

/** Whether an environment is to sleep. */
export interface Rest {
  readonly status: PreviewEnvironmentStatus;
  readonly asleep: boolean;
  /** When that may change by itself. */
  readonly due?: Date;
}

type SleepReason = "Idle" | "Scheduled" | "Requested";

/**
 * Decides whether an environment is to sleep, and tells of it in the status. Whatever happened last counts: of its creation,
 * requests, schedule, sleepAt and wakeAt. Without any of these for some time it is idle; that it fell asleep so is remembered in
 * the condition Asleep.
 */
export function checkSleep(situation: Situation, status: PreviewEnvironmentStatus): Rest {
  const { environment, now, settings } = situation;
  const times = timesOf(environment, settings.sleep, now);
  const before = conditionOf(status, "Asleep");
  const wasIdle = before?.status === "True" && before.reason === "Idle";
  const slept: [SleepReason, number][] = [
    ["Scheduled", times.scheduled.sleep],
    ["Requested", times.requested.sleep],
    ["Idle", wasIdle ? Date.parse(before.lastTransitionTime) : -Infinity],
  ];
  const [reason, sleptAt] = slept.reduce((last, each) => (each[1] > last[1] ? each : last));
  const wokenAt = Math.max(
    Date.parse(environment.metadata.creationTimestamp),
    times.scheduled.wake,
    times.requested.wake,
    Date.parse(status.lastRequestAt ?? "") || -Infinity,
  );
  if (sleptAt > wokenAt) return rest(situation, status, asleep(reason, settings.sleep), times.next.wake);
  const idleAt = idleSince(status, wokenAt) + idleAfterMs(environment, status, settings.sleep);
  if (idleAt <= now.getTime()) return rest(situation, status, asleep("Idle", settings.sleep), times.next.wake);
  return rest(situation, status, AWAKE, Math.min(times.next.sleep, idleAt));
}

/** Milliseconds since 1970: -Infinity for what has not happened, Infinity for what will not. */
interface SleepTimes {
  readonly scheduled: { readonly sleep: number; readonly wake: number };
  readonly requested: { readonly sleep: number; readonly wake: number };
  readonly next: { readonly sleep: number; readonly wake: number };
}

function timesOf(
  { spec: { sleep = {} } }: PreviewEnvironment,
  settings: SleepSettings | undefined,
  now: Date,
): SleepTimes {
  const schedule = sleep.schedule ?? settings?.schedule;
  const times = (cron: string | undefined): CronTimes | undefined =>
    schedule === undefined || cron === undefined ? undefined : timesIn(cron, schedule.timeZone ?? "Etc/UTC");
  const [sleeps, wakes] = [times(schedule?.sleep), times(schedule?.wake)];
  const last = (cron: CronTimes | undefined): number => cron?.lastUntil(now)?.getTime() ?? -Infinity;
  const next = (cron: CronTimes | undefined): number => cron?.firstAfter(now)?.getTime() ?? Infinity;
  const [sleepAt, wakeAt] = [sleep.sleepAt, sleep.wakeAt].map((text) => Date.parse(text ?? ""));
  const past = (at: number | undefined): number => (at !== undefined && at <= now.getTime() ? at : -Infinity);
  const future = (at: number | undefined): number => (at !== undefined && at > now.getTime() ? at : Infinity);
  return {
    scheduled: { sleep: last(sleeps), wake: last(wakes) },
    requested: { sleep: past(sleepAt), wake: past(wakeAt) },
    next: { sleep: Math.min(next(sleeps), future(sleepAt)), wake: Math.min(next(wakes), future(wakeAt)) },
  };
}

/** What can't be read is said in the condition Ready; until it is mended there is no schedule. */
function timesIn(cron: string, timeZone: string): CronTimes | undefined {
  try {
    return cronTimes(cron, timeZone);
  } catch {
    return undefined;
  }
}

/** Nothing counts as idle before it runs, or while it is being changed. */
function idleSince(status: PreviewEnvironmentStatus, wokenAt: number): number {
  const ready = conditionOf(status, "Ready");
  const isSettled = status.phase === "Ready" || (status.phase === "Failed" && status.failed !== undefined);
  return isSettled && ready !== undefined ? Math.max(wokenAt, Date.parse(ready.lastTransitionTime)) : Infinity;
}

/** Infinity where idleness does not count, or nobody sees requests. */
function idleAfterMs(
  { spec: { sleep } }: PreviewEnvironment,
  { routes = [] }: PreviewEnvironmentStatus,
  settings: SleepSettings | undefined,
): number {
  if (settings?.activator === undefined || routes.length === 0) return Infinity;
  const own = idleAfterSchema.safeParse(sleep?.idleAfter);
  if (!own.success) return settings.idleAfterMs ?? Infinity;
  return own.data === "never" ? Infinity : toMilliseconds(own.data);
}

function rest(situation: Situation, status: PreviewEnvironmentStatus, report: SleepReport, next: number): Rest {
  return {
    status: withCondition(status, report, situation),
    asleep: report.status === "True",
    ...(next === Infinity ? {} : { due: new Date(next) }),
  };
}

type SleepReport = ConditionReport & { readonly type: "Asleep" };

const AWAKE: SleepReport = { type: "Asleep", status: "False", reason: "Awake", message: "It is awake, or is to be." };

const WHY: Readonly<Record<SleepReason, string>> = {
  Idle: "Nobody has asked for its pages for some time.",
  Scheduled: "Its schedule puts it to sleep.",
  Requested: "Somebody put it to sleep.",
};

function asleep(reason: SleepReason, settings: SleepSettings | undefined): SleepReport {
  const byRequest = settings?.activator ? "A request for one of its pages wakes it, and so does" : "To wake it, use";
  const message = `${WHY[reason]} ${byRequest} \`terrarium env wake\`. Its data stays.`;
  return { type: "Asleep", status: "True", reason, message };
}
