const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Range of each field, and the names that stand for numbers in it. */
const FIELDS: readonly { readonly min: number; readonly max: number; readonly names?: readonly string[] }[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
];

/**
 * Whether Kubernetes accepts a CronJob's schedule: minute, hour, day of month, month and weekday as numbers, ranges,
 * steps and lists, or a name such as "@daily".
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function isCronSchedule(text: string): boolean {
  if (text.startsWith("@")) return /^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$/.test(text);
  const fields = text.trim().split(/\s+/);
  return (
    fields.length === FIELDS.length &&
    FIELDS.every((range, index) => (fields[index] ?? "").split(",").every((part) => isPart(part, range)))
  );
}

/**
 * Five fields of a schedule as one pattern, for schemas that have no other check. Names are in lower case, and a range may go
 * beyond the end: fri-mon.
 */
export const CRON_PATTERN = new RegExp(
  `^${[
    "[0-5]?[0-9]",
    "([01]?[0-9]|2[0-3])",
    "(0?[1-9]|[12][0-9]|3[01])",
    `(0?[1-9]|1[0-2]|${MONTHS.join("|")})`,
    `([0-6]|${WEEKDAYS.join("|")})`,
  ]
    .map(fieldPattern)
    .join(" ")}$`,
);

function fieldPattern(value: string): string {
  const part = `(\\*|${value}(-${value})?)(\\/[1-9][0-9]?)?`;
  return `${part}(,${part})*`;
}

function isPart(part: string, { min, max, names = [] }: (typeof FIELDS)[number]): boolean {
  const match = /^(?:[*?]|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/([1-9]\d*))?$/i.exec(part);
  if (!match) return false;
  const toNumber = (text: string): number => {
    const named = names.indexOf(text.toLowerCase());
    return named >= 0 ? min + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const from = match[1] === undefined ? min : toNumber(match[1]);
  const to = match[2] === undefined ? from : toNumber(match[2]);
  return from >= min && to <= max && from <= to;
}
