import type { LogLevel } from "../../platform/log.ts";

/** One line of the service's log as people read it: time, level where it is not the usual one, message, fields. */
export function readableLine(line: string): string {
  const { time, level, message, ...fields } = JSON.parse(line) as { time: string; level: LogLevel; message: string };
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${format(value)}`);
  const mark = level === "info" ? [] : [level.toUpperCase()];
  return `${[time.slice(11, 19), ...mark, message, ...shown].join(" ")}\n`;
}

function format(value: unknown): string {
  const text = String(value);
  return /^\S+$/.test(text) ? text : JSON.stringify(text);
}
