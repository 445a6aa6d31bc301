import type { PreviewEnvironment } from "./preview-environment.ts";

/** The change of an Environment that puts it to sleep now, as a merge patch. */
export function sleepPatch(environment: PreviewEnvironment, now: Date): object {
  return { spec: { sleep: { sleepAt: afterAll(environment, now) } } };
}

/** The change of an Environment that wakes it now, as a merge patch. */
export function wakePatch(environment: PreviewEnvironment, now: Date): object {
  return { spec: { sleep: { wakeAt: afterAll(environment, now) } } };
}

/** Now, but later than whatever was written before: clocks of several machines differ. In whole seconds. */
function afterAll({ metadata, spec, status }: PreviewEnvironment, now: Date): string {
  const { sleepAt, wakeAt } = spec.sleep ?? {};
  const asleep = status?.conditions?.find(({ type }) => type === "Asleep")?.lastTransitionTime;
  const known = [metadata.creationTimestamp, sleepAt, wakeAt, status?.lastRequestAt, asleep];
  const latest = Math.max(...known.map((time) => Date.parse(time ?? "") || 0));
  const seconds = Math.max(Math.floor(now.getTime() / 1000), Math.floor(latest / 1000) + 1);
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
