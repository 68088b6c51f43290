# Ends the run's recorder and removes all that is left of it. Tells what could not be.
if [ -d "$spool" ]; then
  : >"$spool/finish"
  patience=30
  while [ "$patience" -gt 0 ]; do
    find_state
    [ "$state" = recording ] || break
    patience=$((patience - 1))
    sleep 0.1
  done
fi
find_marked
for one in $marked; do kill -9 "$one" 2>/dev/null; done
rm -rf "$spool"
rmdir "$base" "${base%/*}" 2>/dev/null
find_marked
for one in $marked; do read_start "$one"; [ -z "$started" ] || printf 'process %s of the recorder\n' "$one"; done
[ ! -e "$spool" ] || printf 'the spool %s\n' "$spool"
