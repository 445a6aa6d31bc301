#!/bin/sh
# Entry point with the documented behaviour of the official image: options and *.conf files are arguments of redis-server,
# and the server does not run as root. https://github.com/docker-library/docs/tree/master/redis
set -eu

case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    # The data folder and nothing else, wherever the command was started.
    find /data -xdev \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
  fi
  umask 0077
fi
exec "$@"
