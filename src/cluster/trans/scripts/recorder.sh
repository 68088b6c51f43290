# The stage recorder: reads the proxy's control API and looks at the Job for as long as a run lasts, and keeps both as
# numbered pieces in its spool. Started detached, with the secret as a curl setting on standard input.
# A line is `SEQUENCE AT_MS KIND TEXT`; KIND is A for an answer and O for an outage with its reason.
own_life=$2 namespace=$3 job=$4 node=$5 service_namespace=$6 service=$7 control=$8 port=$9
shift 9
interval=$1 max_kib=$2 linger=$3 without_job=$4
IFS= read -r secret_setting
cd "$spool" || exit 70
read -r until <until

# --- what both streams are written with; $stream is `control` or `job` ------------------------------------------------

open_stream() {
  stream=$1 sequence=0 first=0 pending=0 opened=0 full=
  if [ -e "$stream/acknowledged" ]; then read -r sequence <"$stream/acknowledged"; fi
  for piece in "$stream"/*-*.gz; do
    [ -e "$piece" ] || continue
    piece=${piece##*-}
    piece=$((${piece%.gz} - 1000000000))
    [ "$piece" -le "$sequence" ] || sequence=$piece
  done
  salvage
}

# What a life before this one had not packed yet. Its last line may be half a line.
salvage() {
  [ -s "$stream/open" ] || return 0
  left=$(sed -n '$=' "$stream/open")
  [ -z "$(tail -c 1 "$stream/open")" ] || left=$((left - 1))
  read -r number _ <"$stream/open"
  if [ "$left" -gt 0 ] && [ "$number" -gt "$sequence" ]; then
    head -n "$left" "$stream/open" >"$stream/whole"
    mv "$stream/whole" "$stream/open"
    first=$number pending=$left sequence=$((number + left - 1))
    pack
  fi
  : >"$stream/open"
}

# keep KIND AT_MS TEXT
keep() {
  case $3 in *"$newline"*) set -- "$1" "$2" "$(printf '%s' "$3" | tr '\r\n' '  ')" ;; esac
  sequence=$((sequence + 1))
  [ "$pending" -gt 0 ] || first=$sequence opened=$2
  pending=$((pending + 1))
  printf '%s %s %s %s\n' "$sequence" "$2" "$1" "$3" >>"$stream/open"
}

# Makes a piece of what is open. A piece appears whole or not at all.
pack() {
  [ "$pending" -gt 0 ] || return 0
  gzip -1 -c "$stream/open" >"$stream/new" || return 0
  mv "$stream/new" "$stream/$((1000000000 + first))-$((1000000000 + sequence)).gz" || return 0
  : >"$stream/open"
  pending=0
}

# --- the Job: every observation that differs from the one before -------------------------------------------------------

# Notices when the proxy's ready Pods change; who they are is asked only then.
look_at_proxy() {
  [ -n "$service_namespace" ] || return 0
  ask "/apis/discovery.k8s.io/v1/namespaces/$service_namespace/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D$service" || return 0
  items_of_answer
  [ "$items" != "$seen_slices" ] || return 0
  seen_slices=$items
  find_ready_pods
  printf '%s\n' "$ready" >ready-new && mv ready-new ready-pods
}

# Whether the Job has ended, or has been missing for longer than a slow line takes to bring one: the first, or the next
# attempt's.
note_end() {
  over= patience=$linger
  case $found_job in
    null)
      over='no Job ever came' patience=$without_job
      [ ! -e job-seen ] || over='the Job is gone'
      ;;
    *'"type":"Complete","status":"True"'*) over='the Job has completed' ;;
    *'"type":"Failed","status":"True"'*) over='the Job has failed' ;;
  esac
  [ "$found_job" = null ] || [ -e job-seen ] || : >job-seen
  if [ "$over" != "$was_over" ]; then was_over=$over over_since=$now; fi
  if [ -z "$over" ]; then
    [ ! -e job-over ] || rm -f job-over
  elif [ $((now - over_since)) -ge "$patience" ]; then
    printf '%s\n' "$over" >job-over
  fi
}

follow_job() {
  trap - EXIT TERM INT HUP
  seen_slices= last= outage= was_over= over_since=0 round=0
  open_stream job
  while :; do
    if ! kill -0 $$ 2>/dev/null; then end_others; exit 0; fi
    stopping=
    [ ! -e "lives/$own_life/stopping" ] || stopping=yes
    read_clock
    begun=$now
    if open_api '^(POST|PUT|PATCH|DELETE)$' && look; then
      outage=
      read_clock
      if [ "$observed" != "$last" ] && [ ! -e spool-full ]; then
        last=$observed
        keep A "$now" "$observed"
      fi
      note_end
    else
      read_clock
      # What it was started with, an address or a right, may be what has changed.
      close_api
      if [ "$why" != "$outage" ]; then
        outage=$why
        keep O "$now" "$why"
      fi
    fi
    pack
    printf '%s\n' "$now" >looked
    [ -z "$stopping" ] || exit 0
    round=$((round + 1))
    [ $((round % 2)) -ne 0 ] || look_at_proxy
    read_clock
    pause_ms $((1000 - (now - begun)))
  done
}

# --- the proxy's control API -------------------------------------------------------------------------------------------

# One reading, kept with the target's clock, or the reason why there is none. False without a reading.
read_control() {
  if reach_control; then
    if answer=$(printf '%s\n' "$secret_setting" | curl -q -s -S --noproxy '*' --connect-timeout 2 --max-time 5 -K - \
      -w '\n%{http_code}' "$address/connections" 2>read-said); then
      code=${answer##*"$newline"}
      read_clock
      if [ "$code" = 200 ]; then
        outage=
        answer=${answer%"$newline"*}
        keep_bounded A "$now" "${answer%"$newline"}"
        return 0
      fi
      why="the control API answered $code"
    else
      why=
      { IFS= read -r why <read-said; } 2>/dev/null
      why="the control API does not answer: ${why:-no reason given}"
      close_forward
    fi
  fi
  read_clock
  # Told anew now and then, so that the length of a silence is known.
  if [ "$why" != "$outage" ] || [ $((now - outage_at)) -ge 2000 ]; then
    outage=$why outage_at=$now
    keep O "$now" "$why"
  fi
  return 1
}

# The oldest are kept when there is no room: a reader that is behind must find no hole. Later totals tell what is missing.
keep_bounded() {
  if [ $((now - measured)) -ge 5000 ]; then
    measured=$now
    used=$(du -sk .)
    used=${used%%[!0-9]*}
    if [ "$used" -lt "$max_kib" ]; then full= && rm -f spool-full; elif [ -z "$full" ]; then
      full=yes
      : >spool-full
      keep O "$now" "the recorder's spool is full ($used KiB): readings are not kept until it has been fetched"
    fi
  fi
  if [ -z "$full" ] || [ -n "$last_reading" ]; then keep "$@"; fi
}

# What carries the mark and is not this very process.
end_others() {
  read -r myself _ </proc/self/stat
  find_marked
  for one in $marked; do [ "$one" = "$myself" ] || kill -9 "$one" 2>/dev/null; done
}

close_down() {
  trap - EXIT
  : >"lives/$own_life/stopping"
  close_forward
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    kill -0 "$follower" 2>/dev/null || break
    pause_ms 200
  done
  end_others
  [ -z "$reason" ] || { printf '%s %s\n' "$now" "$reason" >ended-new && mv ended-new ended; }
}

read_start $$
outage= outage_at=0 measured=0 full= last_reading= reason= follower= used=0
printf '%s %s\n' $$ "$started" >"lives/$own_life/process-new" && mv "lives/$own_life/process-new" "lives/$own_life/process"
rm -f ready-pods job-over
open_stream control
if [ "$own_life" -gt 1 ]; then
  read_clock
  keep O "$now" 'the recorder had ended before its time and was started again'
  pack
fi
follow_job </dev/null &
follower=$!
trap close_down EXIT
trap 'exit 143' TERM INT HUP
while :; do
  read_clock
  begun=$now
  # A later life has taken over: whatever this one still did would be done twice.
  [ ! -d "lives/$((own_life + 1))" ] || { trap - EXIT; close_forward; kill -9 "$follower"; exit 0; }
  if [ -e finish ]; then
    reason='it was told to'
  elif [ -e job-over ]; then
    read -r reason <job-over
  elif [ "$now" -ge "$until" ]; then
    reason='the deadline passed'
  fi
  # Whoever told it to finish waits for what is left some ten seconds.
  [ -z "$reason" ] || last_reading=yes forward_steps=25
  wait_for=$interval
  read_control || wait_for=1000
  if [ -n "$reason" ]; then pack; exit 0; fi
  if ! kill -0 "$follower" 2>/dev/null; then
    follow_job </dev/null &
    follower=$!
  fi
  # Somebody waits for the very first.
  if [ "$first" -eq 1 ] || [ $((now - opened)) -ge 1000 ]; then pack; fi
  read_clock
  pause_ms $((wait_for - (now - begun)))
done
