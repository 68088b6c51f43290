# Hands over pieces of stream $2 after sequence $3: a line `STATE SPOOL LAST NOW_MS COUNT REACHED`, then the pieces as they are. Forgets pieces up
# to $4, gives $5 pieces at the most, waits $6 tenths of a second for news.
stream=$2 after=$3 acknowledged=$4 most=$5 patience=$6
find_state
if [ "$state" = none ]; then
  read_clock
  printf 'none 0 0 %s 0 0\n' "$now"
  exit 0
fi
cd "$spool/$stream" || exit 70
known=0
{ read -r known <acknowledged; } 2>/dev/null
if [ "$acknowledged" -gt 0 ]; then
  if [ "$acknowledged" -gt "$known" ]; then
    known=$acknowledged
    printf '%s\n' "$acknowledged" >"acknowledged-$$" && mv "acknowledged-$$" acknowledged
    for piece in *-*.gz; do
      number=${piece#*-}
      number=${number%.gz}
      [ -e "$piece" ] && [ $((number - 1000000000)) -le "$acknowledged" ] || break
      rm -f "$piece"
    done
  fi
fi
while :; do
  find_state
  pieces= count=0 last=$known reached=0
  for piece in *-*.gz; do
    [ -e "$piece" ] || continue
    number=${piece#*-}
    number=$((${number%.gz} - 1000000000))
    last=$number
    [ "$number" -gt "$after" ] || continue
    [ "$count" -lt "$most" ] || continue
    count=$((count + 1)) reached=$number
    pieces="$pieces $piece"
  done
  [ "$count" -eq 0 ] && [ "$state" = recording ] && [ "$patience" -gt 0 ] || break
  patience=$((patience - 1))
  sleep 0.1
done
read -r until <../until
read_clock
printf '%s %s %s %s %s %s\n' "$state" "$until" "$last" "$now" "$count" "$reached"
[ "$count" -eq 0 ] || cat $pieces
