import fastify, { type FastifyServerOptions } from "fastify";

/**
 * Options of every role's log: JSON lines with `level` as a word, `time`, `role`, `pod` and `msg`; lines about a request
 * also carry `reqId`, which follows a visitor's request from the pages to the services behind them.
 */
export function logOptions(
  level: string,
  role: string,
  pod: string,
): Pick<FastifyServerOptions, "logger" | "logController"> {
  return {
    logger: {
      level,
      base: { role, pod },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Two lines for each request are one too many; the server writes its own.
    logController: new fastify.LogController({ disableRequestLogging: true }),
  };
}
