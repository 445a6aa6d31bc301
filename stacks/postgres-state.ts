import type { Client } from "pg";
import type { StateFiles } from "./state-files.ts";

/** Table that the backend uses unless its address names another. */
const DEFAULT_TABLE = "pulumi_state";

/** Code of Postgres for a table that does not exist: no stack was ever made. */
const UNDEFINED_TABLE = "42P01";

/** Milliseconds that the server may take to let us in. */
const connectTimeoutMs = 10_000;

/**
 * State in a Postgres database: the backend `postgres://…`. Each file is a row of one table: its key, and a JSON object
 * with its bytes in base64.
 *
 * @param address as Pulumi takes it; the parameter `table` names another table than pulumi_state.
 * @see https://github.com/pulumi/pulumi/tree/v3.216.0/pkg/backend/diy/postgres
 */
export function postgresState(address: string): StateFiles {
  const { connection, table, shown, prefix } = parseAddress(address);
  let connected: Promise<Client> | undefined;
  const query = async (text: string, values: readonly string[]): Promise<Record<string, unknown>[]> => {
    const client = await (connected ??= connect(connection));
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } catch (error) {
      if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return [];
      throw error;
    }
  };
  return {
    async list(start) {
      const pattern = `${`${prefix}${start}`.replace(/[\\%_]/g, "\\$&")}%`;
      const rows = await query(`SELECT key FROM ${table} WHERE key LIKE $1`, [pattern]);
      return rows.map(({ key }) => String(key).slice(prefix.length)).sort();
    },
    async read(key) {
      const [row] = await query(`SELECT data->>'data' AS data FROM ${table} WHERE key = $1`, [`${prefix}${key}`]);
      return row && Buffer.from(String(row["data"]), "base64").toString("utf8");
    },
    async create(key, text) {
      const data = JSON.stringify({ data: Buffer.from(text).toString("base64") });
      await query(`INSERT INTO ${table} (key, data) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, [
        `${prefix}${key}`,
        data,
      ]);
    },
    async remove(key) {
      await query(`DELETE FROM ${table} WHERE key = $1`, [`${prefix}${key}`]);
    },
    removeFolder: () => Promise.resolve(),
    locate: (key) => `${shown}/${key}`,
    async close() {
      const client = await connected?.catch(() => undefined);
      connected = undefined;
      await client?.end();
    },
  };
}

interface Address {
  readonly connection: URL;
  readonly table: string;
  /** Without credentials. */
  readonly shown: string;
  /** Start of every key in the table. */
  readonly prefix: string;
}

/** @throws Error when the address is not one that the backend takes. Its text does not repeat the address: it may hold a password. */
function parseAddress(address: string): Address {
  const connection = new URL(address);
  const table = connection.searchParams.get("table") ?? DEFAULT_TABLE;
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(table)) {
    throw new Error(`the state's address names the table ${JSON.stringify(table)}; a table's name is expected there`);
  }
  connection.searchParams.delete("table");
  // What Pulumi's own driver takes, and means by it: encryption unless it is switched off, certificates unchecked unless
  // asked for.
  if (!connection.searchParams.has("sslmode")) connection.searchParams.set("sslmode", "require");
  connection.searchParams.set("uselibpqcompat", "true");
  const shown = `postgres://${connection.host}${connection.pathname}?table=${table}`;
  const database = decodeURIComponent(connection.pathname).replace(/^\/+/, "");
  // For every backend but folders, Pulumi takes an address's path for a folder in it.
  return { connection, table, shown, prefix: database === "" ? "" : `${database}/` };
}

/** The driver is loaded only where state is in Postgres. */
async function connect(connection: URL): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: connection.href, connectionTimeoutMillis: connectTimeoutMs });
  // A connection that breaks while it is idle is noticed by the next query.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
