import type { Database } from "./postgres.ts";
import { embed, toVector } from "./embedding.ts";
import type { Verdict } from "./moderation.ts";

/** A guestbook entry as the API shows it. */
export interface Entry {
  readonly id: string;
  readonly author: string;
  /** Whether the author was logged in. */
  readonly verified: boolean;
  readonly message: string;
  readonly status: "pending" | "failed" | Verdict;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** An entry and how near it is to what was searched for. */
export interface SimilarEntry extends Entry {
  /** Cosine similarity: 1 for the same direction, 0 for nothing in common. */
  readonly similarity: number;
}

interface Row {
  readonly id: string;
  readonly author: string;
  readonly user_name: string | null;
  readonly message: string;
  readonly status: Entry["status"];
  readonly created_at: Date;
}

const COLUMNS = "id, author, user_name, message, status, created_at";

/** Adds an entry that waits for the worker. */
export async function addEntry(
  database: Database,
  entry: { readonly author: string; readonly user: string | undefined; readonly message: string },
): Promise<Entry> {
  const rows = await database.query<Row>(
    `INSERT INTO entries (author, user_name, message) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
    [entry.author, entry.user ?? null, entry.message],
  );
  const [row] = rows;
  if (!row) throw new Error("INSERT returned no row");
  return toEntry(row);
}

/** An entry, whatever its status; undefined when there is none. */
export async function findEntry(database: Database, id: string): Promise<Entry | undefined> {
  const [row] = await database.query<Row>(`SELECT ${COLUMNS} FROM entries WHERE id = $1`, [id]);
  return row && toEntry(row);
}

/** Published entries, newest first. */
export async function listEntries(database: Database, limit: number): Promise<Entry[]> {
  const rows = await database.query<Row>(
    `SELECT ${COLUMNS} FROM entries WHERE status = 'published' ORDER BY created_at DESC, id DESC LIMIT $1`,
    [limit],
  );
  return rows.map(toEntry);
}

/** Published entries by cosine distance to a text, the nearest first. */
export async function findSimilar(database: Database, text: string, limit: number): Promise<SimilarEntry[]> {
  const rows = await database.query<Row & { similarity: number }>(
    `SELECT ${COLUMNS}, 1 - (embedding <=> $1::vector) AS similarity
       FROM entries
      WHERE status = 'published' AND embedding IS NOT NULL
      ORDER BY embedding <=> $1::vector
      LIMIT $2`,
    [toVector(embed(text)), limit],
  );
  return rows.map((row) => ({ ...toEntry(row), similarity: Math.round(row.similarity * 10_000) / 10_000 }));
}

/** Stores the worker's decision. Doing it again changes nothing. @returns whether the entry was still pending. */
export async function decide(database: Database, id: string, verdict: Verdict, message: string): Promise<boolean> {
  const rows = await database.query(
    `UPDATE entries SET status = $2, embedding = $3::vector, checked_at = now()
      WHERE id = $1 AND status = 'pending' RETURNING id`,
    [id, verdict, toVector(embed(message))],
  );
  return rows.length > 0;
}

/** Marks an entry that could not be checked. */
export async function giveUp(database: Database, id: string): Promise<void> {
  await database.query(
    "UPDATE entries SET status = 'failed', checked_at = now() WHERE id = $1 AND status = 'pending'",
    [id],
  );
}

/** Entries that have waited for longer than any job should take. */
export async function findForgotten(database: Database, olderThanSeconds: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM entries
      WHERE status = 'pending' AND created_at < now() - make_interval(secs => $1)
      ORDER BY created_at LIMIT 100`,
    [olderThanSeconds],
  );
  return rows.map(({ id }) => id);
}

function toEntry(row: Row): Entry {
  return {
    id: row.id,
    author: row.author,
    verified: row.user_name !== null,
    message: row.message,
    status: row.status,
    createdAt: row.created_at.toISOString(),
  };
}
