# Says back what it was given, each argument and standard input with its length before it, then this machine's clock. Ends with code 7.
for argument in "$@"; do printf '%s:%s\n' "${#argument}" "$argument"; done
input=$(cat; printf .)
input=${input%.}
printf '%s:%s\n' "${#input}" "$input"
date +%s%N
exit 7
