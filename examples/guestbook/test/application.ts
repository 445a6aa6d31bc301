import { after } from "node:test";
import { Client } from "./client.ts";
import { freePorts, Sandbox } from "./sandbox.ts";
import { startRole, startServing, type Role } from "./roles.ts";
import { startPostgres, startRedis, type Store } from "./stores.ts";

/** The whole application on real stores, each role a process of its own. */
export interface Application {
  readonly sandbox: Sandbox;
  readonly postgres: Store;
  readonly redis: Store;
  /** Of the HTTP API. */
  readonly client: Client;
  readonly urls: Readonly<Record<"mf" | "backend" | "metrics" | "worker" | "auth", string>>;
  readonly roles: Record<"mf" | "backend" | "worker" | "auth", Role>;
  /** Environment of each role, to start it again with. */
  readonly env: Readonly<Record<"mf" | "backend" | "worker" | "auth" | "migrate", Readonly<Record<string, string>>>>;
  /** Starts a role anew on its port. */
  readonly restart: (role: "mf" | "backend" | "worker" | "auth") => Promise<void>;
}

/** Password of the seeded user. */
export const TEST_PASSWORD = "the-seeded-password";

/** Starts everything, in the order in which Terrarium does; it ends after the tests of the file that called this. */
export async function useApplication(): Promise<Application> {
  const sandbox = new Sandbox();
  after(() => sandbox.close());
  const [postgres, redis] = await Promise.all([startPostgres(sandbox), startRedis(sandbox)]);
  const [mf = 0, backend = 0, metrics = 0, worker = 0, auth = 0] = await freePorts(5);
  const ports = { mf, backend, worker, auth };
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const urls = { mf: url(mf), backend: url(backend), metrics: url(metrics), worker: url(worker), auth: url(auth) };
  const stores = { ...postgres.env, ...redis.env };
  const env = {
    mf: { SESSION_SECRET: "s".repeat(32), GUESTBOOK_BACKEND_URL: urls.backend, GUESTBOOK_AUTH_URL: urls.auth },
    backend: { ...stores, GUESTBOOK_AUTH_URL: urls.auth, METRICS_PORT: String(metrics) },
    worker: { ...stores, POD_NAME: "worker-0", JOB_IDLE_MILLISECONDS: "1000" },
    auth: { KEY_SEED: "k".repeat(64), POD_NAME: "guestbook-auth-0" },
    migrate: { ...postgres.env, SEED_TEST_CREDENTIALS: "true", TEST_USER_PASSWORD: TEST_PASSWORD },
  };
  const migration = startRole(sandbox, "migrate", env.migrate);
  if ((await migration.exit) !== 0) throw new Error(migration.lines.join("\n"));
  const start = (role: keyof typeof ports) => startServing(sandbox, role, ports[role], env[role]);
  const roles = {
    auth: await start("auth"),
    worker: await start("worker"),
    backend: await start("backend"),
    mf: await start("mf"),
  };
  const restart = async (role: keyof typeof ports) => {
    await roles[role].terminate();
    roles[role] = await start(role);
  };
  return { sandbox, postgres, redis, client: new Client(urls.backend), urls, roles, env, restart };
}
