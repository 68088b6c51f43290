# What of the programs that the far side must have is missing there, one in a line, closed by a line of its own.
for program in curl gzip base64 sha256sum mktemp setsid grep sed tail head cut tr du sort wc; do
  command -v "$program" >/dev/null 2>&1 || printf '%s\n' "$program"
done
if [ -z "$kubectl" ]; then
  printf 'kubectl\n'
elif [ -z "${KUBERNETES_SERVICE_HOST:-}" ] && [ -z "$($kubectl config view -o 'jsonpath={.clusters[*].name}' 2>/dev/null)" ]; then
  printf 'a kubeconfig\n'
fi
case $(date +%N 2>/dev/null) in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) ;; *) printf 'a date that knows %%N\n' ;; esac
sleep 0.01 2>/dev/null || printf 'a sleep that takes fractions of a second\n'
[ -r /proc/self/environ ] || printf '/proc\n'
[ -n "${HOME:-}${XDG_STATE_HOME:-}" ] || printf 'HOME\n'
printf 'proxybench-needs-end\n'
