# Makes sure that the run's recorder runs, whoever else may be starting it. Standard input: the secret as a curl setting,
# one line, then the recorder itself, $4 bytes. $2 is how long it may live from its first start, ms; what comes after the
# fourth goes to the recorder. Code 75: it was not started, and trying again may help; 70: another try would end like it.
lifetime=$2 stale_after=$3 length=$4
shift 4
IFS= read -r secret_setting
make_spool() { mkdir -p "$spool/lives" "$spool/control" "$spool/job"; }
# Once more, as another run's clean-up may have taken the empty directory above away in between.
make_spool 2>/dev/null || make_spool || exit 70
text="$spool/recorder-$$"
trap 'rm -f "$text"' EXIT
trap 'exit 143' TERM INT HUP
cat >"$text"
# A line that breaks looks like an input that ends.
if [ "$(($(wc -c <"$text")))" -ne "$length" ]; then
  printf 'not all of the recorder has arrived, or there is no room for it\n' >&2
  exit 75
fi
read_clock
for old in "$base"/*/until; do
  { IFS= read -r old_until <"$old"; } 2>/dev/null || continue
  [ $((old_until + stale_after)) -ge "$now" ] || rm -rf "${old%/until}"
done
if [ ! -e "$spool/until" ]; then
  printf '%s\n' $((now + lifetime)) >"$spool/until-$$" && mv "$spool/until-$$" "$spool/until"
fi
read -r until <"$spool/until"
# So long at the most that whoever asked still listens; two lives, as a third would end like them.
patience=60 tries=2 mine=0
while :; do
  find_state
  case $state in recording | ended) break ;; esac
  # One that ends before it has said who it is.
  if [ "$state" = starting ] && [ "$mine" = "$life" ] && ! kill -0 "$child" 2>/dev/null; then state=dead; fi
  patience=$((patience - 1))
  if [ "$patience" -eq 0 ] || { [ "$tries" -eq 0 ] && [ "$state" = dead ]; }; then
    printf 'the recorder does not start (%s)\n' "$state" >&2
    [ "$mine" -eq 0 ] || tail -c 1000 "$spool/lives/$mine/said" >&2
    exit 70
  fi
  if [ "$state" = starting ]; then sleep 0.2; continue; fi
  find_life
  life=$((life + 1))
  # Whoever makes the directory starts this life; everyone else waits for it.
  if ! mkdir "$spool/lives/$life"; then
    [ -d "$spool/lives/$life" ] || exit 75
    sleep 0.2
    continue
  fi
  tries=$((tries - 1))
  find_marked
  for one in $marked; do kill -9 "$one" 2>/dev/null; done
  cat "$text" >"$spool/lives/$life/recorder.sh"
  printf '%s\n' "$secret_setting" |
    PROXYBENCH_SPOOL="$spool/." setsid sh "$spool/lives/$life/recorder.sh" "${spool##*/}" "$life" "$@" \
      >/dev/null 2>"$spool/lives/$life/said" &
  child=$! mine=$life
done
printf '%s\n' "$state"
