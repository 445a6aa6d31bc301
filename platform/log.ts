/** How much a log says, from most to least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** See {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line says beside its message. Never a description, a request's body or anything else that may hold a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes lines for the operators of the platform service: a constant message, what differs in fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * A log of one JSON object a line: `time`, `level`, `message`, then the fields.
 *
 * @param least lines below this level are left out; a function, because the configuration may change.
 * @param write takes a line with its end.
 */
export function createLog(least: () => LogLevel, write: (line: string) => void, now = () => new Date()): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least())) return;
    write(`${JSON.stringify({ time: now().toISOString(), level, message, ...fields })}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What an error says, in one line and at most 500 characters. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s+/g, " ").slice(0, 500);
}
