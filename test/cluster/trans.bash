#!/bin/bash
# The test cluster's `trans`: runs a program on the far side of a route, over a real remote shell.
# Usage: trans ROUTE sh -- PROGRAM [ARGUMENT…]
# Arguments arrive as they were given; input, outputs and exit code are the program's own. 64: no such route or a wrong
# call; 255: the far side could not be reached, or the connection broke.
# TRANS_TEST_SSH_OPTIONS, words for ssh such as `-o ProxyCommand=…`, lets tests put something between the two sides.
# With TRANS_TEST_SHARED_LINE calls share one connection, which ends by itself when nobody has used it for half a minute;
# what hangs or breaks then hangs or breaks for all of them.
set -u

home=$(dirname "$(readlink -f "$0")")

fail() {
  echo "trans: $1" >&2
  exit 64
}

[ $# -ge 4 ] && [ "$2" = sh ] && [ "$3" = -- ] || fail 'usage: trans ROUTE sh -- PROGRAM [ARGUMENT…]'
route=$1
shift 3

user='' address='' port=''
while read -r name a_user an_address a_port; do
  [ "$name" != "$route" ] || { user=$a_user address=$an_address port=$a_port; }
done < "$home/trans.routes"
[ -n "$address" ] || fail "no route $route; there is $(cut -d' ' -f1 "$home/trans.routes" | paste -sd' ')"

# The far side's shell takes one line: each argument in single quotes, each single quote of its own outside of them.
quoted=''
quote="'\\''"
for argument in "$@"; do
  quoted+=" '${argument//\'/$quote}'"
done

options=(
  -F none -T -q -i "$home/trans.key" -p "$port" -l "$user"
  -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none
  -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$home/trans.known_hosts" -o GlobalKnownHostsFile=/dev/null
  -o ConnectTimeout=10
)
if [ -n "${TRANS_TEST_SHARED_LINE:-}" ]; then
  options+=(-o ControlPath="$home/line")
  # In an environment and a session of its own, so that the end of one call does not end it.
  [ -S "$home/line" ] || env -i PATH="$PATH" HOME="$HOME" setsid \
    ssh -M -N -f -o ControlPersist=30 "${options[@]}" "$address" </dev/null >/dev/null 2>&1
fi

# shellcheck disable=SC2086 # words are meant to be split
exec ssh "${options[@]}" ${TRANS_TEST_SSH_OPTIONS:-} "$address" "exec$quoted"
