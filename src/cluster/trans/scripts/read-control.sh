# One answer of the control API at path $6: its status in the first line, then the answer. Standard input: the secret as
# a curl setting.
service_namespace=$2 service=$3 control=$4 port=$5 path=$6
IFS= read -r secret_setting
directory=$(mktemp -d) && cd "$directory" || exit 70
trap 'close_forward; rm -rf "$directory"' EXIT
trap 'exit 143' TERM INT HUP
# Whoever asks gives up after five seconds.
forward_steps=35
if ! reach_control; then
  printf '%s\n' "$why" >&2
  exit 1
fi
answer=$(printf '%s\n' "$secret_setting" | curl -q -s -S --noproxy '*' --connect-timeout 2 --max-time 5 -K - \
  -w '\n%{http_code}' "$address$path" 2>said) || { cat said >&2; exit 1; }
printf '%s\n%s\n' "${answer##*"$newline"}" "${answer%"$newline"*}"
