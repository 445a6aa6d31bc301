/** Environment variables, as a process is given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment lacks something, or holds something else than what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Settings of every role. */
export interface CommonSettings {
  readonly logLevel: string;
  /** Address that ports are opened on. @default "0.0.0.0" */
  readonly host: string;
  /** @default 8080 */
  readonly port: number;
  /** Name of this pod; outside Kubernetes that of the machine. */
  readonly podName: string;
  /**
   * How long a stopping process still answers, in milliseconds: meanwhile the Service's endpoints lose it, so that no
   * request meets a closed port. @default 3000
   */
  readonly shutdownDelayMilliseconds: number;
}

/** Where Postgres is. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Where Redis is. */
export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"];

/** @throws {@link SettingsError} when a value is not allowed. */
export function commonSettings(env: Environment): CommonSettings {
  const logLevel = env["LOG_LEVEL"] ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new SettingsError(`LOG_LEVEL is "${logLevel}"; allowed are ${LOG_LEVELS.join(", ")}.`);
  }
  return {
    logLevel,
    host: env["HOST"] ?? "0.0.0.0",
    port: wholeNumber(env, "PORT", 8080, 65535),
    podName: env["POD_NAME"] ?? env["HOSTNAME"] ?? "guestbook",
    shutdownDelayMilliseconds: wholeNumber(env, "SHUTDOWN_DELAY_MILLISECONDS", 3000, 6000),
  };
}

/** @throws {@link SettingsError} when a variable is missing. */
export function postgresSettings(env: Environment): PostgresSettings {
  return {
    host: required(env, "POSTGRES_HOST"),
    port: wholeNumber(env, "POSTGRES_PORT", 5432, 65535),
    database: required(env, "POSTGRES_DATABASE"),
    user: required(env, "POSTGRES_USER"),
    password: required(env, "POSTGRES_PASSWORD"),
  };
}

/** @throws {@link SettingsError} when a variable is missing. */
export function redisSettings(env: Environment): RedisSettings {
  return {
    host: required(env, "REDIS_HOST"),
    port: wholeNumber(env, "REDIS_PORT", 6379, 65535),
    password: required(env, "REDIS_PASSWORD"),
  };
}

/** @throws {@link SettingsError} when the variable is missing or empty. */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new SettingsError(`${name} is not set.`);
  return value;
}

/** @throws {@link SettingsError} when the value is no whole number from 0 to `max`. */
export function wholeNumber(env: Environment, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new SettingsError(`${name} is "${text}"; allowed is a whole number from 0 to ${max}.`);
  }
  return value;
}
