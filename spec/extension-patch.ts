import type { PreviewEnvironment } from "./preview-environment.ts";

/** The change of an Environment that keeps it longer, as a merge patch. @param byMs milliseconds from the end of its time to live. */
export function extensionPatch({ status }: PreviewEnvironment, byMs: number, now: Date): object {
  const end = Math.max(now.getTime(), Date.parse(status?.expiresAt ?? "") || 0);
  return { spec: { extendedUntil: new Date(end + byMs).toISOString().replace(/\.\d+Z$/, "Z") } };
}
