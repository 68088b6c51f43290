# Runs "$@" and answers so that a cut line cannot pass for a whole answer: the output packed as text, then its length
# and digest. Standard input goes to the program. Temporary files are unlinked before they are filled.
umask 077
output=$(mktemp) && said=$(mktemp) || exit 70
exec 3>"$output" 4<"$output" 5<"$output" 6<"$output" 7>"$said" 8<"$said"
rm -f "$output" "$said"
"$@" >&3 2>&7 3>&- 4<&- 5<&- 6<&- 7>&- 8<&-
code=$?
exec 3>&- 7>&-
length=$(wc -c <&4)
digest=$(sha256sum <&5)
printf 'proxybench-frame\n'
gzip -c <&6 | base64
printf 'proxybench-said %s\n' "$(tail -c 2000 <&8 | base64 | tr -d '\n')"
printf 'proxybench-end %d %d %s\n' "$code" "$length" "${digest%% *}"
