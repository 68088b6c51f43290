# A single look at Job $3 in namespace $2, whose node is $4, for when no recorder has been looking.
namespace=$2 job=$3 node=$4
directory=$(mktemp -d) && cd "$directory" || exit 70
trap 'close_api; rm -rf "$directory"' EXIT
trap 'exit 143' TERM INT HUP
if open_api '^(POST|PUT|PATCH|DELETE)$' && look; then
  read_clock
  printf '%s %s\n' "$now" "$observed"
else
  printf '%s\n' "$why" >&2
  exit 1
fi
