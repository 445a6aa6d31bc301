const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** No schedule is silent for longer, but for one that never comes: a 29 February may be eight years away. */
const LONGEST_SEARCH_DAYS = 8 * 366;

/** No clock skips, or shows twice, more than this. */
const MOST_SKIPPED_MS = 3 * 60 * MINUTE_MS;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** The times of a schedule. */
export interface CronTimes {
  /** The last one until a moment, that moment included. */
  readonly lastUntil: (now: Date) => Date | undefined;
  /** The first one after a moment. */
  readonly firstAfter: (now: Date) => Date | undefined;
}

/**
 * Reads a schedule as cron does: with both a day of the month and a weekday, either will do. Times that a clock skips when
 * summer begins come as many minutes later as it skips; times that it shows twice come the first time.
 *
 * @param schedule five fields, as `spec.sleep.schedule` has them.
 * @param timeZone name in the tz database.
 * @throws RangeError where there is no such time zone.
 */
export function cronTimes(schedule: string, timeZone: string): CronTimes {
  const zone = zoneOf(timeZone);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = schedule.split(" ");
  const minutes = numbersOf(minute, 0, 59);
  const timesOfDay = numbersOf(hour, 0, 23).flatMap((h) => minutes.map((m) => (h * 60 + m) * MINUTE_MS));
  const months = new Set(numbersOf(month, 1, 12));
  const days = new Set(numbersOf(day, 1, 31));
  const weekdays = new Set(numbersOf(weekday, 0, 6));
  const either = day !== "*" && weekday !== "*";

  const isDue = (date: Date): boolean => {
    const [byDay, byWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    return months.has(date.getUTCMonth() + 1) && (either ? byDay || byWeekday : byDay && byWeekday);
  };
  const search = (now: Date, step: 1 | -1, isFound: (at: Date) => boolean): Date | undefined => {
    const times = step === 1 ? timesOfDay : timesOfDay.toReversed();
    const local = zone.toLocal(now.getTime());
    // A day more: what a clock skips may belong to the day before.
    const today = Math.floor(local / DAY_MS) * DAY_MS - step * DAY_MS;
    for (let count = 0; count <= LONGEST_SEARCH_DAYS; count++) {
      const start = today + step * count * DAY_MS;
      if (!isDue(new Date(start))) continue;
      for (const time of times) {
        if (step * (start + time - local) < -MOST_SKIPPED_MS) continue;
        const at = new Date(zone.toInstant(start + time));
        if (isFound(at)) return at;
      }
    }
    return undefined;
  };
  return {
    lastUntil: (now) => search(now, -1, (at) => at <= now),
    firstAfter: (now) => search(now, 1, (at) => at > now),
  };
}

/** Whether the tz database has a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The numbers that a field allows, ascending. A range may go beyond the end: fri-mon. */
function numbersOf(field: string, min: number, max: number): number[] {
  const found = new Set<number>();
  const count = max - min + 1;
  for (const part of field.split(",")) {
    const [range = "", step] = part.split("/");
    const [from = "", to] = range.split("-");
    const first = from === "*" ? min : numberOf(from);
    // "5/15" is every fifteenth from 5 on.
    const last = from === "*" || (to === undefined && step !== undefined) ? max : numberOf(to ?? from);
    const length = ((last - first + count) % count) + 1;
    for (let at = 0; at < length; at += Number(step ?? 1)) found.add(((first - min + at) % count) + min);
  }
  return [...found].toSorted((a, b) => a - b);
}

function numberOf(text: string): number {
  if (MONTHS.includes(text)) return MONTHS.indexOf(text) + 1;
  return WEEKDAYS.includes(text) ? WEEKDAYS.indexOf(text) : Number(text);
}

/** What clocks show in a time zone. A local time is written as if it were one of UTC, in milliseconds since 1970. */
interface Zone {
  readonly toLocal: (instant: number) => number;
  readonly toInstant: (local: number) => number;
}

const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone) ?? createZone(timeZone);
  zones.set(timeZone, known);
  return known;
}

function createZone(timeZone: string): Zone {
  const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", second: "numeric", ...fields });
  const toLocal = (instant: number): number => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const part = (name: string): number => Number(parts[name]);
    return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  };
  return {
    toLocal,
    toInstant: (local) => {
      // The offsets of a day before and a day after: clocks change at most once in between.
      const offsets = [local - DAY_MS, local + DAY_MS].map((near) => toLocal(near) - near);
      const instants = offsets.map((offset) => local - offset).toSorted((a, b) => a - b);
      return instants.find((instant) => toLocal(instant) === local) ?? local - (offsets[0] ?? 0);
    },
  };
}
