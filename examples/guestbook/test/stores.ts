import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { freePorts, NOBODY, run, until, type Sandbox } from "./sandbox.ts";
import { postgresPrograms, redisServer } from "./servers.ts";

/** A real server that the tests can stop and start again. */
export interface Store {
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

const PASSWORD = "a-test-password";
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Starts Postgres with a database as Terrarium sets it up: an owner that is no superuser, and the extension. */
export async function startPostgres(sandbox: Sandbox): Promise<Store> {
  const bin = postgresPrograms(sandbox);
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
    program: redisServer(),
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
