import { withStore, type Refusal } from "../environments.ts";
import { MIGRATION } from "./wording.ts";

/** Data stores and migrations. */
export const dataStores: readonly Refusal[] = [
  {
    what: "an engine that doesn't exist",
    input: withStore({ engine: "mysql" }),
    error: ['dataStores.db.engine: got "mysql", expected "postgres" or "redis"'],
  },
  {
    what: "a data store as text",
    input: withStore("postgres" as unknown as object),
    error: ['dataStores.db: got "postgres", expected a map with the key engine: "postgres" or "redis"'],
  },
  {
    what: "a version of Postgres that isn't offered",
    input: withStore({ engine: "postgres", version: "12" }),
    error: ['dataStores.db.version: got "12", expected "16" or "17"'],
  },
  {
    what: "a version as a number",
    input: withStore({ engine: "postgres", version: 17 }),
    error: ['dataStores.db.version: got 17, expected "16" or "17"'],
  },
  {
    what: "a database's name with a hyphen",
    input: withStore({ engine: "postgres", database: "my-db" }),
    error: [
      "dataStores.db.database: got \"my-db\", expected lower-case letters, digits and '_', not starting with a digit",
    ],
  },
  {
    what: "a database that Postgres brings",
    input: withStore({ engine: "postgres", database: "postgres" }),
    error: [
      'dataStores.db.database: got "postgres", expected a database other than postgres, template0, template1, which Postgres brings',
    ],
  },
  {
    what: "the superuser as the role",
    input: withStore({ engine: "postgres", username: "postgres" }),
    error: ['dataStores.db.username: got "postgres", expected a role other than the superuser "postgres"'],
  },
  {
    what: "a role that Postgres reserves",
    input: withStore({ engine: "postgres", username: "pg_app" }),
    error: [
      'dataStores.db.username: got "pg_app", expected a role that Postgres does not reserve: not "public", "none" or "pg_..."',
    ],
  },
  {
    what: "an extension that isn't offered",
    input: withStore({ engine: "postgres", extensions: ["vector", "postgis"] }),
    error: [
      'dataStores.db.extensions[1]: got "postgis", expected "vector" or "pg_trgm" or "pgcrypto" or "citext" or "hstore" or "unaccent"',
    ],
  },
  {
    what: "too few connections",
    input: withStore({ engine: "postgres", maxConnections: 5 }),
    error: ["dataStores.db.maxConnections: got 5, expected a whole number from 10 to 5000"],
  },
  {
    what: "a backup at no time",
    input: withStore({ engine: "postgres", backup: { schedule: "daily" } }),
    error: [
      'dataStores.db.backup.schedule: got "daily", expected a cron expression of five fields (minute, hour, day, month, weekday) such as "30 2 * * *"',
    ],
  },
  {
    what: "a backup at hour 24",
    input: withStore({ engine: "postgres", backup: { schedule: "0 24 * * *" } }),
    error: [
      'dataStores.db.backup.schedule: got "0 24 * * *", expected a cron expression of five fields (minute, hour, day, month, weekday) such as "30 2 * * *"',
    ],
  },
  {
    what: "a backup as true",
    input: withStore({ engine: "postgres", backup: true }),
    error: ["dataStores.db.backup: got true, expected false, or a map with the keys schedule, keep and storage"],
  },
  {
    what: "test credentials in staging",
    input: withStore(
      { engine: "postgres" },
      { tier: "staging", migrations: { migrate: { ...MIGRATION, seedTestCredentials: true } } },
    ),
    error: [
      "migrations.migrate.seedTestCredentials: got true, expected false in tier staging: test credentials belong in dev and previews only",
    ],
  },
  {
    what: "a migration that runs nothing",
    input: withStore({ engine: "postgres" }, { migrations: { migrate: { ...MIGRATION, command: [] } } }),
    error: ["migrations.migrate.command: got [], expected a list that isn't empty"],
  },
];
