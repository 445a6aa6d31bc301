import type { FastifyBaseLogger } from "fastify";
import type pg from "pg";
import { embed, toVector } from "./embedding.ts";
import { hashPassword, verifyPassword } from "./passwords.ts";

/** Name of the seeded user. */
export const TEST_USER = "test";

const ENTRIES = [
  "Welcome to the guestbook! Leave a line.",
  "The terrarium grows moss, ferns and small orchids.",
  "Ferns and moss like it damp; mist the terrarium twice a week.",
];

/** Creates the test user, or gives it its new password, and a few entries of its own. */
export async function seed(client: pg.ClientBase, password: string, log: FastifyBaseLogger): Promise<void> {
  const { rows } = await client.query<{ password_hash: string }>("SELECT password_hash FROM users WHERE name = $1", [
    TEST_USER,
  ]);
  if (!(await verifyPassword(password, rows[0]?.password_hash))) {
    await client.query(
      `INSERT INTO users (name, password_hash) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash`,
      [TEST_USER, await hashPassword(password)],
    );
  }
  let entries = 0;
  for (const message of ENTRIES) {
    const { rowCount } = await client.query(
      `INSERT INTO entries (author, user_name, message, status, embedding, checked_at)
       SELECT $1, $1, $2, 'published', $3::vector, now()
        WHERE NOT EXISTS (SELECT FROM entries WHERE user_name = $1 AND message = $2)`,
      [TEST_USER, message, toVector(embed(message))],
    );
    entries += rowCount ?? 0;
  }
  log.info({ user: TEST_USER, entries }, "test data seeded");
}
