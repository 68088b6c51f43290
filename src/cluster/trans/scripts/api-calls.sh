# Calls to the API server, one after another: standard input has for each a line with method and path, and a line with
# the body, JSON, empty for none. The answer begins with this machine's clock; then for each call a line with status,
# length in bytes and the server's Date, and what it said. Status 000: it said nothing.
umask 077
directory=$(mktemp -d) && cd "$directory" || exit 70
trap 'close_api; rm -rf "$directory"' EXIT
trap 'exit 143' TERM INT HUP
open_api '^$' || { printf '%s\n' "$why" >&2; exit 69; }
read_clock
printf '%s\n' "$now"
while read -r method path; do
  IFS= read -r body
  : >answer
  : >headers
  if [ -n "$body" ]; then
    status=$(printf '%s' "$body" | curl -q -s -A proxybench --noproxy '*' --max-time 4 --unix-socket api -X "$method" \
      -H 'Content-Type: application/json' --data-binary @- -D headers -o answer -w '%{http_code}' "http://localhost$path")
  else
    status=$(curl -q -s -A proxybench --noproxy '*' --max-time 4 --unix-socket api -X "$method" -D headers -o answer \
      -w '%{http_code}' "http://localhost$path" </dev/null)
  fi
  date=$(tr -d '\r' <headers | sed -n 's/^[Dd]ate: //p')
  printf '%s %s %s\n' "$status" "$(($(wc -c <answer)))" "$date"
  cat answer
done
