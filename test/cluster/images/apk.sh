#!/bin/bash
# A stand-in for Alpine's apk: it downloads the Debian packages that correspond to the Alpine ones it is asked for, with
# all they need, through the proxy of the environment. Real files by a real tool; nothing is unpacked.
# Understood: apk add [OPTION…] PACKAGE…, apk info, apk update, apk --version.
set -u -o pipefail

WORLD=/etc/apk/world
ARCHIVES=$(mktemp -d)
trap 'rm -rf "$ARCHIVES"' EXIT

# Alpine's name to Debian's.
declare -A DEBIAN=(
  [bash]=bash [build-base]=build-essential [ca-certificates]=ca-certificates [cmake]=cmake [curl]=curl [file]=file
  [g++]=g++ [gcc]=gcc [git]=git [jq]=jq [linux-headers]=linux-libc-dev [make]=make [nodejs]=nodejs
  [openssl]=openssl [openssl-dev]=libssl-dev [perl]=perl [pkgconf]=pkgconf [py3-pip]=python3-pip [python3]=python3
  [tar]=tar [wget]=wget [xz]=xz-utils [zlib-dev]=zlib1g-dev
)

via_proxy() {
  local options=(-o APT::Sandbox::User=root -o Acquire::Retries=0 -o "Dir::Cache::archives=$ARCHIVES")
  local http=${HTTP_PROXY:-${http_proxy:-}} https=${HTTPS_PROXY:-${https_proxy:-}}
  [ -z "$http" ] || options+=(-o "Acquire::http::Proxy=$http")
  [ -z "$https" ] || options+=(-o "Acquire::https::Proxy=$https")
  apt-get "${options[@]}" "$@"
}

update() {
  sed 's/^/fetch /' /etc/apk/repositories
  # apt-get only warns of an index that it could not fetch.
  via_proxy -qq -o APT::Update::Error-Mode=any update 2> "$ARCHIVES/errors" && return
  echo "ERROR: unable to fetch the index: $(tail -n 1 "$ARCHIVES/errors")" >&2
  return 1
}

add() {
  local wanted=() asked=() name
  for name in "$@"; do
    case $name in -*) continue ;; esac
    if [ -z "${DEBIAN[$name]:-}" ]; then
      printf 'ERROR: unable to select packages:\n  %s (no such package):\n    required by: world[%s]\n' "$name" "$name" >&2
      return 1
    fi
    asked+=("$name")
    wanted+=("${DEBIAN[$name]}")
  done
  update || return 1
  mkdir -p "$ARCHIVES/partial"
  local install=(-y --reinstall --download-only --no-install-recommends install "${wanted[@]}")
  via_proxy -qq --print-uris "${install[@]}" > "$ARCHIVES/list" 2> "$ARCHIVES/errors" || {
    echo "ERROR: unable to select packages: $(tail -n 1 "$ARCHIVES/errors")" >&2
    return 1
  }
  local count
  count=$(wc -l < "$ARCHIVES/list")
  via_proxy "${install[@]}" 2> "$ARCHIVES/errors" |
    awk -v count="$count" '/^Get:/ { n += 1; printf "(%d/%d) Installing %s (%s)\n", n, count, $5, $7; fflush() }' || {
    echo "ERROR: unable to download packages: $(grep -m 1 '^E:' "$ARCHIVES/errors")" >&2
    return 1
  }
  awk '{ print $2 }' "$ARCHIVES/list" | sed 's/_.*//' >> "$WORLD"
  printf '%s\n' "${asked[@]}" >> "$WORLD"
  sort -u -o "$WORLD" "$WORLD"
  echo "OK: $(du -sm "$ARCHIVES" | cut -f1) MiB in $count packages (downloaded by the stand-in for apk, not unpacked)"
}

case ${1:-} in
  add) shift && add "$@" ;;
  info) cat "$WORLD" ;;
  update) update ;;
  --version) echo 'apk-tools 0.0.0, a stand-in of the proxybench test cluster' ;;
  *) echo "this stand-in for apk knows add, info and update, not: $*" >&2 && exit 1 ;;
esac
