/** Start of the annotations by which an object is let off a policy; the policy's name follows. */
export const WAIVER_PREFIX = "waiver.terrarium.dev/";

/** What lets an object off a policy for some time. */
export interface Waiver {
  /** Last day on which it holds, e.g. "2028-12-31". */
  readonly until: string;
  readonly reason: string;
}

const WAIVER = /^until (?<until>\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])): *(?<reason>\S.*)$/s;

/** How a waiver is written, for messages. */
export const WAIVER_FORM = '"until YYYY-MM-DD: reason"';

/** Writes waivers as annotations. @param waivers by policy's name. */
export function waiverAnnotations(waivers: Readonly<Record<string, Waiver>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(waivers).map(([policy, { until, reason }]) => [WAIVER_PREFIX + policy, `until ${until}: ${reason}`]),
  );
}

/** Reads an annotation's value. @returns undefined where it has not the form of {@link WAIVER_FORM}. */
export function parseWaiver(text: string): Waiver | undefined {
  const { until, reason } = WAIVER.exec(text)?.groups ?? {};
  return until === undefined || reason === undefined ? undefined : { until, reason };
}
