# One call to the API server: method $2, path and query $3, content type $4 (empty for no body), the body on standard
# input, $6 bytes. The answer's first line is its status and this machine's clock; of a body only the last $5 bytes come, 0
# for all.
umask 077
shift
directory=$(mktemp -d) && cd "$directory" || exit 70
trap 'close_api; rm -rf "$directory"' EXIT
trap 'exit 143' TERM INT HUP
if [ -n "$3" ]; then
  cat >body
  # A line that breaks looks like an input that ends; without its body a call may mean something else.
  if [ "$(($(wc -c <body)))" -ne "$5" ]; then
    printf 'not all of the call has arrived\n' >&2
    exit 75
  fi
fi
open_api '^$' || { printf '%s\n' "$why" >&2; exit 69; }
read_clock
set -- "$1" "http://localhost$2" "$3" "$4"
if [ -n "$3" ]; then
  curl -q -s -S -A proxybench --noproxy '*' --max-time 8 --unix-socket api -X "$1" -H "Content-Type: $3" --data-binary @body \
    -o answer -w "%{http_code} $now\n" "$2"
else
  curl -q -s -S -A proxybench --noproxy '*' --max-time 8 --unix-socket api -X "$1" -o answer -w "%{http_code} $now\n" "$2" </dev/null
fi || exit 69
[ -e answer ] || exit 0
if [ "$4" -gt 0 ]; then tail -c "$4" answer; else cat answer; fi
