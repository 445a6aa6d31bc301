import type { FastifyBaseLogger } from "fastify";
import pg from "pg";
import { messageOf, UnavailableError } from "./failures.ts";
import type { PostgresSettings } from "./settings.ts";

/** A pool of connections that survives restarts of Postgres. */
export interface Database {
  /**
   * Runs one statement.
   *
   * @throws {@link UnavailableError} when Postgres does not answer or takes no connections.
   */
  readonly query: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  readonly check: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/**
 * Classes of SQLSTATE in which Postgres or the way to it is at fault, not the statement.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_CLASSES = new Set(["08", "28", "53", "57", "58"]);

/** Opens a pool; connections are made when they are first needed. */
export function openDatabase(settings: PostgresSettings, log: FastifyBaseLogger): Database {
  const pool = new pg.Pool({
    ...settings,
    max: 10,
    // A node that starts many pods at once lets one wait; clients wait longer still.
    connectionTimeoutMillis: 4000,
    idleTimeoutMillis: 30_000,
    query_timeout: 5000,
    statement_timeout: 5000,
    keepAlive: true,
    application_name: "guestbook",
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on("error", (error) => log.warn({ reason: messageOf(error) }, "postgres closed an idle connection"));
  const query = async <Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    try {
      return (await pool.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw isUnavailable(error) ? new UnavailableError("postgres", error) : error;
    }
  };
  return { query, check: () => pool.query("SELECT 1"), close: () => pool.end() };
}

/** Whether an error says that Postgres can't be used now, rather than that a statement was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  return UNAVAILABLE_CLASSES.has(error.code?.slice(0, 2) ?? "");
}
