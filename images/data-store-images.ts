import { PATH, STRIP } from "./debian-files.ts";
import type { DebianPackages, RootRecipe } from "./recipe.ts";

/** What the scripts of the product and of its users expect in an image with a shell. */
const WITH_SHELL: readonly string[] = [
  "base-files",
  "bash",
  "coreutils",
  "dash",
  "findutils",
  "grep",
  "hostname",
  "libc-bin",
  "sed",
  "util-linux",
];

const POSTGRES_MAJOR = "17";
const POSTGRES_PROGRAMS = `usr/lib/postgresql/${POSTGRES_MAJOR}`;

const postgresPackages: DebianPackages = {
  suite: "trixie",
  names: [
    ...WITH_SHELL,
    "gzip",
    "locales",
    "tzdata",
    `postgresql-${POSTGRES_MAJOR}`,
    `postgresql-${POSTGRES_MAJOR}-pgvector`,
  ],
};

/**
 * PostgreSQL with pgvector, without the compiler of queries (jit), which is four times as large as the rest.
 *
 * @see https://github.com/docker-library/postgres
 */
export const postgres: RootRecipe = {
  packages: postgresPackages,
  copy: [{ from: { file: "postgres-entrypoint.sh" }, to: "usr/local/bin/docker-entrypoint.sh" }],
  folders: [
    { path: "docker-entrypoint-initdb.d" },
    { path: "var/lib/postgresql", owner: 999, mode: 0o1777 },
    { path: "var/lib/postgresql/data", owner: 999, mode: 0o1777 },
    { path: "run/postgresql", owner: 999, mode: 0o3777 },
  ],
  users: { postgres: { id: 999, home: "/var/lib/postgresql" } },
  commands: [
    "chroot . localedef -i en_US -c -f UTF-8 en_US.UTF-8",
    `rm -rf ${POSTGRES_PROGRAMS}/lib/bitcode ${POSTGRES_PROGRAMS}/lib/llvmjit* usr/lib/*/libLLVM* usr/lib/*/libz3*`,
    // The programs that Debian puts on PATH choose among versions, and are in Perl.
    "find usr/bin -lname '*/postgresql-common/*' -delete",
    "rm -rf usr/share/postgresql-common usr/share/i18n etc/postgresql*",
    // Pods are reached from other pods.
    `sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" usr/share/postgresql/${POSTGRES_MAJOR}/postgresql.conf.sample`,
    STRIP,
  ],
  config: {
    Entrypoint: ["docker-entrypoint.sh"],
    Cmd: ["postgres"],
    Env: [
      `${PATH}:/${POSTGRES_PROGRAMS}/bin`,
      "LANG=en_US.utf8",
      `PG_MAJOR=${POSTGRES_MAJOR}`,
      "PGDATA=/var/lib/postgresql/data",
    ],
    StopSignal: "SIGINT",
    ExposedPorts: { "5432/tcp": {} },
  },
};

/** @see https://github.com/redis/docker-library-redis */
export const redis: RootRecipe = {
  packages: { suite: "bookworm", names: [...WITH_SHELL, "redis-server", "redis-tools", "tzdata"] },
  copy: [{ from: { file: "redis-entrypoint.sh" }, to: "usr/local/bin/docker-entrypoint.sh" }],
  folders: [{ path: "data", owner: 999 }],
  users: { redis: { id: 999, home: "/data" } },
  commands: [STRIP, "rm -rf etc/redis"],
  config: {
    Entrypoint: ["docker-entrypoint.sh"],
    Cmd: ["redis-server"],
    Env: [PATH],
    WorkingDir: "/data",
    ExposedPorts: { "6379/tcp": {} },
  },
};
