#!/bin/sh
# fixed_names.sh NATIVE KEPT COMMAND...: runs a command in /mnt, which is the folder NATIVE for it and for it alone, with KEPT as /srv: the same names on every machine.
# Needs unshare, and either root or namespaces of users.
set -e
native=$1 kept=$2
shift 2
flags="--mount --pid --fork"
[ "$(id -u)" = 0 ] || flags="$flags --user --map-root-user"
# shellcheck disable=SC2086
exec unshare $flags sh -c 'mount --bind "$1" /mnt && mount --bind "$2" /srv && cd /mnt && shift 2 && exec "$@"' sh "$native" "$kept" "$@"
