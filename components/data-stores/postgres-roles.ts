import { EXPORTER_LOGIN, ROLES_RESOURCES, type ResolvedPostgres } from "../../spec/index.ts";
import { execProbe, type ContainerArgs } from "../pod.ts";
import { EXPORTER_PASSWORD } from "./connection.ts";

/** Folder of the socket that Postgres listens on inside its pod, where the superuser needs no password. */
export const SOCKET = "/var/run/postgresql";
/** Folder of the store's passwords in its pod. */
export const SECRETS = "/run/secrets/postgres";
/** Folder of {@link rolesSql} in its pod. */
const SCRIPTS = "/etc/postgres-roles";
/** Holds the checksum of what was last applied. */
const APPLIED = "/tmp/applied";
/** Touched by each round of {@link KEEP_APPLIED}. */
const SEEN = "/tmp/seen";

/**
 * Login role that clients use. Two take turns: the one before keeps its password until the next rotation, so that clients
 * that still have it go on reading and writing while the others roll.
 */
export function loginRole({
  username,
  passwordRotation,
}: Pick<ResolvedPostgres, "username" | "passwordRotation">): string {
  return `${username}_${passwordRotation % 2 === 0 ? "a" : "b"}`;
}

/**
 * Statements for psql that bring roles, passwords, database and extensions to what is declared, from any state: a new
 * server, one whose first start was cut short, or a password that has changed. psql reads the passwords from files, so they
 * are never an argument of a process; the server is told not to log the statements.
 *
 * @param exporter whether the exporter may log in. Its role stays, without a login, when it no longer may.
 */
export function rolesSql(store: ResolvedPostgres, exporter: boolean): string {
  const { username: owner, database } = store;
  const login = loginRole(store);
  return `\\set ON_ERROR_STOP on
\\set login_password \`cat ${SECRETS}/password\`
\\set superuser_password \`cat ${SECRETS}/superuser-password\`
${unless("pg_roles", "rolname", owner, `CREATE ROLE "${owner}" NOLOGIN`)}
${unless("pg_roles", "rolname", login, `CREATE ROLE "${login}" LOGIN IN ROLE "${owner}"`)}
ALTER ROLE "${login}" PASSWORD :'login_password';
ALTER ROLE "${login}" SET role = '${owner}';
ALTER ROLE postgres PASSWORD :'superuser_password';
${exporter ? exporterSql() : noExporterSql()}
${unless("pg_database", "datname", database, `CREATE DATABASE "${database}" OWNER "${owner}"`)}
\\connect "${database}"
${store.extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS "${extension}";\n`).join("")}`;
}

/** The container next to Postgres that applies {@link rolesSql} at each start and whenever it or a password changes. */
export function rolesContainer(image: string): ContainerArgs {
  const isApplied = ["test", "-s", APPLIED];
  return {
    name: "roles",
    image,
    command: ["sh", "-u", "-c", KEEP_APPLIED],
    env: {
      PGHOST: SOCKET,
      PGUSER: "postgres",
      PGDATABASE: "postgres",
      // A statement that fails must not show its password in the server's log.
      PGOPTIONS: [
        "-c log_min_error_statement=panic -c log_statement=none -c log_min_duration_statement=-1",
        "-c client_min_messages=warning -c statement_timeout=60s",
      ].join(" "),
      PGCONNECT_TIMEOUT: "10",
    },
    resources: ROLES_RESOURCES,
    mounts: [
      { volume: "run", path: SOCKET },
      { volume: "roles", path: SCRIPTS, readOnly: true },
      { volume: "secrets", path: SECRETS, readOnly: true },
    ],
    livenessProbe: execProbe(["sh", "-c", `find ${SEEN} -mmin -3 | grep -q .`], {
      initialDelaySeconds: 10,
      periodSeconds: 30,
      timeoutSeconds: 5,
      failureThreshold: 3,
    }),
    // The pod takes clients once their role is there. It stays there, so that is asked often only until then.
    startupProbe: execProbe(isApplied, { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 900 }),
    readinessProbe: execProbe(isApplied, { periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3 }),
  };
}

/** Kubernetes replaces the mounted files when their Secret or ConfigMap changes. */
const KEEP_APPLIED = `trap 'exit 0' TERM
while :; do
  touch ${SEEN}
  wanted=$(cat ${SCRIPTS}/roles.sql ${SECRETS}/* | sha256sum)
  if [ "$wanted" != "$(cat ${APPLIED} 2>/dev/null)" ] && pg_isready -q; then
    if psql --no-psqlrc --quiet --file=${SCRIPTS}/roles.sql; then
      printf '%s' "$wanted" > ${APPLIED}
      echo 'roles, database and extensions are as declared'
    fi
  fi
  sleep 1 & wait $!
done`;

/** The exporter sees statistics of everything and data of nothing. */
function exporterSql(): string {
  return `\\set exporter_password \`cat ${SECRETS}/${EXPORTER_PASSWORD}\`
${unless("pg_roles", "rolname", EXPORTER_LOGIN, `CREATE ROLE "${EXPORTER_LOGIN}"`)}
GRANT pg_monitor TO "${EXPORTER_LOGIN}";
ALTER ROLE "${EXPORTER_LOGIN}" LOGIN PASSWORD :'exporter_password';`;
}

function noExporterSql(): string {
  return `SELECT 'ALTER ROLE "${EXPORTER_LOGIN}" NOLOGIN' WHERE ${exists("pg_roles", "rolname", EXPORTER_LOGIN)} \\gexec`;
}

function unless(table: string, column: string, name: string, statement: string): string {
  return `SELECT '${statement}' WHERE NOT ${exists(table, column, name)} \\gexec`;
}

function exists(table: string, column: string, name: string): string {
  return `EXISTS (SELECT FROM ${table} WHERE ${column} = '${name}')`;
}
