import pg from "pg";

/** Key of the advisory lock: any number that nothing else in this database uses. */
const LOCK = 1_618_033_988;

/** Each runs once, in this order. */
const MIGRATIONS = {
  "0001-notes": "CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL)",
  "0002-welcome": "INSERT INTO notes (text) VALUES ('Hello from the migration')",
};

const client = new pg.Client({ connectionString: process.env["DATABASE_URL"], connectionTimeoutMillis: 10_000 });
await client.connect();
try {
  // Of two at once, the second waits and then finds nothing to do.
  await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
  await client.query("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)");
  const { rows } = await client.query<{ name: string }>("SELECT name FROM migrations");
  const done = rows.map(({ name }) => name);
  for (const [name, statement] of Object.entries(MIGRATIONS).filter(([name]) => !done.includes(name))) {
    await client.query("BEGIN");
    await client.query(statement);
    await client.query("INSERT INTO migrations VALUES ($1)", [name]);
    await client.query("COMMIT");
    console.log(`applied ${name}`);
  }
} finally {
  await client.end();
}
