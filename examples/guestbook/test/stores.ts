import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import pg from "pg";
import { freePorts, NOBODY, run, until, type Sandbox } from "./sandbox.ts";

/** A real server that the tests can stop and start again. */
export interface Store {
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

const PASSWORD = "a-test-password";
/** Postgres with pgvector from the Python registry, for machines whose own lacks the extension. */
const PGSERVER = "pgserver==0.1.4";
const CACHE = fileURLToPath(new URL("../node_modules/.cache/pgserver", import.meta.url));
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Starts Postgres with a database as Terrarium sets it up: an owner that is no superuser, and the extension. */
export async function startPostgres(sandbox: Sandbox): Promise<Store> {
  const bin = await findPostgres(sandbox);
  const [port = 0] = await freePorts(1);
  const folder = join(sandbox.folder, "postgres");
  const passwordFile = join(sandbox.folder, "postgres-password");
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(passwordFile, PASSWORD);
  if (user.uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  await run(
    join(bin, "initdb"),
    ["-D", folder, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--no-sync"],
    { ...user, cwd: sandbox.folder },
  );
  const server = restartable(sandbox, {
    program: join(bin, "postgres"),
    args: ["-D", folder, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"],
    options: { ...user, cwd: sandbox.folder },
    signal: "SIGINT",
    isReady: async () => {
      await asSuperuser(port, "postgres", []);
      return true;
    },
  });
  await server.start();
  await asSuperuser(port, "postgres", [
    `CREATE ROLE guestbook LOGIN PASSWORD '${PASSWORD}'`,
    "CREATE DATABASE guestbook OWNER guestbook",
  ]);
  await asSuperuser(port, "guestbook", ["CREATE EXTENSION vector"]);
  return {
    ...server,
    env: {
      POSTGRES_HOST: "127.0.0.1",
      POSTGRES_PORT: String(port),
      POSTGRES_DATABASE: "guestbook",
      POSTGRES_USER: "guestbook",
      POSTGRES_PASSWORD: PASSWORD,
    },
  };
}

/** Starts Redis with a password and an append-only file. */
export async function startRedis(sandbox: Sandbox): Promise<Store> {
  const [port = 0] = await freePorts(1);
  const folder = join(sandbox.folder, "redis");
  mkdirSync(folder);
  const server = restartable(sandbox, {
    program: "redis-server",
    args: [
      "--port",
      `${port}`,
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--requirepass",
      PASSWORD,
      "--appendonly",
      "yes",
    ],
    options: {},
    signal: "SIGTERM",
    isReady: async () => {
      const redis = new Redis({ port, password: PASSWORD, lazyConnect: true, retryStrategy: () => null });
      redis.on("error", () => undefined);
      try {
        await redis.connect();
        return (await redis.ping()) === "PONG";
      } finally {
        redis.disconnect();
      }
    },
  });
  await server.start();
  return { ...server, env: { REDIS_HOST: "127.0.0.1", REDIS_PORT: String(port), REDIS_PASSWORD: PASSWORD } };
}

interface ServerArgs {
  readonly program: string;
  readonly args: readonly string[];
  readonly options: object;
  /** Stops the server in order, its clients' connections included. */
  readonly signal: NodeJS.Signals;
  readonly isReady: () => Promise<boolean>;
}

function restartable(sandbox: Sandbox, server: ServerArgs): Omit<Store, "env"> {
  let child: ChildProcess | undefined;
  return {
    start: async () => {
      child = sandbox.start(server.program, server.args, { ...server.options, stdio: "ignore" });
      await until(`${server.program} is ready`, server.isReady);
    },
    stop: async () => {
      if (!child || child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.kill(server.signal);
      await exit;
    },
  };
}

async function asSuperuser(port: number, database: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", password: PASSWORD, database });
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The programs of a Postgres that has pgvector: Debian's packages, else one from the Python registry. */
async function findPostgres(sandbox: Sandbox): Promise<string> {
  const debian = "/usr/lib/postgresql";
  for (const version of existsSync(debian) ? readdirSync(debian) : []) {
    if (existsSync(`/usr/share/postgresql/${version}/extension/vector.control`)) return `${debian}/${version}/bin`;
  }
  const unpacked = join(CACHE, "pgserver/pginstall");
  if (!existsSync(unpacked)) {
    const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", CACHE, PGSERVER];
    await run("python3", pip).catch((error: unknown) => {
      throw new Error("These tests need Postgres with pgvector: install your system's package of it.", {
        cause: error,
      });
    });
  }
  // A copy: the other user may not enter the folders above the checkout.
  const copy = join(sandbox.folder, "postgres-programs");
  cpSync(CACHE, copy, { recursive: true });
  return join(copy, "pgserver/pginstall/bin");
}
