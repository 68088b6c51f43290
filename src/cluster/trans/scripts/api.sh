# The API server with the rights that kubectl has here, by a socket in the working directory that only this user reaches.
api=

# open_api REFUSED_METHODS: there it is; a reason in $why and false where it does not open.
open_api() {
  if [ -n "$api" ] && kill -0 "$api" 2>/dev/null; then return 0; fi
  rm -f api
  $kubectl proxy --unix-socket=api --reject-methods="$1" </dev/null >/dev/null 2>api-said &
  api=$!
  patience=50
  until [ -S api ]; do
    patience=$((patience - 1))
    if [ "$patience" -eq 0 ] || ! kill -0 "$api" 2>/dev/null; then
      close_api
      why=
      { IFS= read -r why <api-said; } 2>/dev/null
      why="kubectl cannot reach the API server: $why"
      return 1
    fi
    sleep 0.1
  done
}

close_api() {
  [ -n "$api" ] || return 0
  kill -9 "$api" 2>/dev/null
  wait "$api" 2>/dev/null
  api=
}

# ask PATH: the answer in $answer, its status in $code; a reason in $why and false where there is none.
ask() {
  # Under curl's own name the API server would lay the answer out for people.
  answer=$(curl -q -s -S -A proxybench --noproxy '*' --max-time 5 --unix-socket api -w '\n%{http_code}' "http://localhost$1" 2>/dev/null) || {
    # In curl's words the milliseconds would make each a reason of its own.
    why="the API server does not answer (curl ended with code $?)"
    return 1
  }
  code=${answer##*"$newline"}
  answer=${answer%"$newline"*}
  answer=${answer%"$newline"}
  case $code in 200 | 404) return 0 ;; esac
  why="the API server answered $code to $1"
  return 1
}
