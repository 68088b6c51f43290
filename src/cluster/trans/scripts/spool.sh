# What every script that deals with a recorder begins with: where its spool is, and who belongs to it. $1 is the run's id.
umask 077
base="${XDG_STATE_HOME:-${HOME:?is not set on the far side}/.local/state}/proxybench/recorders"
spool="$base/$1"
newline='
'

# Milliseconds since the epoch, in $now.
read_clock() {
  now=$(date +%s%N)
  now=${now%??????}
}

# Ids of the processes that carry the recorder's mark, in $marked: found wherever they have gone.
find_marked() {
  marked=
  # No grep over the files as they are: busybox's sees nothing behind the first NUL.
  for found in /proc/[0-9]*/environ; do
    case "$newline$({ tr '\0' '\n' <"$found"; } 2>/dev/null)$newline" in
      *"${newline}PROXYBENCH_SPOOL=$spool/.$newline"*)
        found=${found#/proc/}
        marked="$marked ${found%/environ}"
        ;;
    esac
  done
}

# When process $1 started, in $started; empty when there is none. A number alone may be another process's by now.
read_start() {
  started=
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${stat##*) }
  [ "$1" = Z ] || started=${20}
}

# The number of the latest life of the recorder, in $life; 0 before the first.
find_life() {
  life=0
  while [ -d "$spool/lives/$((life + 1))" ]; do life=$((life + 1)); done
}

# none | recording | ended | dead | starting, in $state.
find_state() {
  state=none
  [ -d "$spool/lives" ] || return 0
  state=ended
  [ ! -e "$spool/ended" ] || return 0
  find_life
  state=dead
  [ "$life" -gt 0 ] || return 0
  state=starting
  if ! { read -r pid since <"$spool/lives/$life/process"; } 2>/dev/null; then
    # Whoever was starting it may have been cut off before it came to that.
    begun_s=$(date -r "$spool/lives/$life" +%s 2>/dev/null) || return 0
    [ $(($(date +%s) - begun_s)) -lt 10 ] || state=dead
    return 0
  fi
  read_start "$pid"
  if [ -n "$started" ] && [ "$started" = "$since" ]; then state=recording; else state=dead; fi
}
