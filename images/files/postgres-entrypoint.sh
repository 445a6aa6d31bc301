#!/bin/bash
# Entry point with the documented behaviour of the official image, as far as Terrarium and its users rely on it:
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB and POSTGRES_INITDB_ARGS (each also as NAME_FILE),
# POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_WALDIR, PGDATA, and scripts in /docker-entrypoint-initdb.d.
# https://github.com/docker-library/docs/tree/master/postgres
set -euo pipefail

fail() {
  printf 'entry point: %s\n' "$1" >&2
  exit 1
}

# NAME from the environment or from the file that NAME_FILE names, else a default.
setting() {
  local name=$1 file="${1}_FILE"
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    fail "$name and $file are both set; set one of them"
  fi
  if [ -n "${!file:-}" ]; then
    printf '%s' "$(<"${!file}")"
  else
    printf '%s' "${!name:-${2:-}}"
  fi
}

# A folder that a volume has made group-writable is one that the server refuses.
prepare_folders() {
  mkdir -p "$PGDATA" || fail "the data folder $PGDATA can't be made by user $(id -u)"
  chmod 700 "$PGDATA" 2>/dev/null || :
  mkdir -p /var/run/postgresql 2>/dev/null || :
  chmod 3775 /var/run/postgresql 2>/dev/null || :
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
  fi
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} -xdev \! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql/ -xdev \! -user postgres -exec chown postgres '{}' +
  fi
}

# Makes the data folder. The password reaches initdb through a pipe, so it is never an argument or a file.
create_cluster() {
  local arguments=(--username="$user")
  if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
    arguments+=(--waldir="$POSTGRES_INITDB_WALDIR")
  fi
  # The setting is the rest of a command line, quotes included. The pipe is made here, because it ends with the command.
  eval 'initdb "${arguments[@]}" --pwfile=<(printf "%s\n" "$password") '"$initdb_arguments"
  local method="${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}"
  if [ "$method" = trust ]; then
    printf '\n# Anyone may connect without a password: POSTGRES_HOST_AUTH_METHOD=trust.\n' >> "$PGDATA/pg_hba.conf"
  fi
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

statements() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$user" "$@"
}

create_database() {
  if [ "$database" != postgres ]; then
    statements --dbname postgres --set "db=$database" <<< 'CREATE DATABASE :"db";'
  fi
}

run_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        echo "entry point: running $file"
        # What can't be run is read: its variables and functions then stay for the scripts after it.
        if [ -x "$file" ]; then
          "$file"
        else
          # shellcheck disable=SC1090
          . "$file"
        fi
        ;;
      *.sql)
        echo "entry point: running $file"
        statements --dbname "$database" --file "$file"
        ;;
      *.sql.gz)
        echo "entry point: running $file"
        gunzip -c "$file" | statements --dbname "$database"
        ;;
      *'/*') ;;
      *) echo "entry point: ignoring $file" ;;
    esac
  done
}

# The scripts run against a server that takes no connections from outside.
initialize() {
  if [ -z "$password" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    fail 'POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE must be set for the first start (or POSTGRES_HOST_AUTH_METHOD=trust)'
  fi
  create_cluster
  export PGPASSWORD="${PGPASSWORD:-$password}"
  shift
  NOTIFY_SOCKET='' pg_ctl -D "$PGDATA" -w -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")" start
  create_database
  run_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  echo 'entry point: the database is initialized'
}

if [ "${1:-}" = '' ] || [ "${1#-}" != "$1" ]; then
  set -- postgres "$@"
fi
if [ "$1" != postgres ]; then
  exec "$@"
fi
for argument in "$@"; do
  case $argument in
    -'?' | --help | --describe-config | -V | --version) exec "$@" ;;
  esac
done

umask 077
prepare_folders
if [ "$(id -u)" = 0 ]; then
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
user=$(setting POSTGRES_USER postgres)
password=$(setting POSTGRES_PASSWORD)
database=$(setting POSTGRES_DB "$user")
initdb_arguments=$(setting POSTGRES_INITDB_ARGS)
export POSTGRES_USER="$user" POSTGRES_DB="$database"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initialize "$@"
fi
exec "$@"
