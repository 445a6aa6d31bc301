import type { Log, LogFields } from "../../../platform/log.ts";

/** A log that a test can look into: "level message: reason" of each line. */
export function quietLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push([`${level} ${message}`, fields?.["reason"]].filter((part) => part !== undefined).join(": "));
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
