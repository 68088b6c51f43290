// How a container becomes its stage: files laid, the stage's own clock and report kept, its exit code passed on.
import { MAX_REPORT_BYTES, REPORT_FILE } from '../plan/plan.ts';

/** Where Kubernetes looks for a container's last words. */
export const TERMINATION_LOG = '/dev/termination-log';

/**
 * A constant script for any POSIX sh, also as the first process of a container. $0 is the folder with the stage's files,
 * $1 where its last words go, the rest the stage's own argv: nothing of a profile ever becomes part of the script.
 *
 * Files are copied, because tools replace files and a mounted file cannot be replaced. The stage runs as a child, so that
 * something is left to tell when it started and ended, in nanoseconds: by `date`, else, as Alpine's knows none, by
 * busybox's `adjtimex`, whose status bit 8192 says whether its parts of a second are of nano- or microseconds. Where
 * neither tells, nothing is told. SIGTERM and SIGINT reach the child as SIGTERM, for a shell's background child ignores the other;
 * `wait` comes back early from a signal, hence the loop, and 127 from a second wait means that the first had it all.
 *
 * What the stage has written into its report follows the line, which then says how long it is: of a message that a
 * kubelet has cut nothing is taken for the whole.
 *
 * A stage that ended well is outlived by its container by half a second, two readings at the usual pace: so its last
 * bytes are read before anything of the next stage moves, and need not be shared out between the two.
 */
export const ENTER_STAGE = `set -e
mkdir -p "$HOME" "$TMPDIR"
if [ -d "$0" ]; then cp -RL "$0"/. .; fi
report=$1
shift
clock() {
  second= part= digits=%06d000
  while read -r word value rest; do
    case $value in ''|*[!0-9]*) continue ;; esac
    case $word in
      status:) if [ $((value / 8192 % 2)) -eq 1 ]; then digits=%09d; fi ;;
      time.tv_sec:) second=$value ;;
      time.tv_usec:) part=$value ;;
    esac
  done
  if [ -n "$part" ]; then printf "%s$digits" "$second" "$part"; fi
}
now() {
  for source in 'date +%s%N' adjtimex; do
    at=$($source 2>/dev/null) || at=
    if [ "$source" = adjtimex ]; then at=$(printf '%s\\n' "$at" | clock); fi
    case $at in *[!0-9]*) at= ;; esac
    if [ "\${#at}" -eq 19 ]; then return; fi
  done
  at=
}
child=
asked=
ask() {
  asked=yes
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || :; fi
}
trap ask TERM INT
now
started=$at
"$@" &
child=$!
if [ -n "$asked" ]; then ask; fi
asked=
code=0
wait "$child" || code=$?
while [ -n "$asked" ]; do
  asked=
  again=0
  wait "$child" || again=$?
  if [ "$again" -ne 127 ]; then code=$again; fi
done
trap '' TERM INT
now
line='{"proxybench":1'
if [ -n "$started" ]; then line="$line,\\"startedAtNs\\":\\"$started\\""; fi
if [ -n "$at" ]; then line="$line,\\"endedAtNs\\":\\"$at\\""; fi
said=0
if [ -f ${REPORT_FILE} ]; then for said in 0 $(wc -c < ${REPORT_FILE} 2>/dev/null); do :; done; fi
if [ "$said" -gt 0 ] && [ "$said" -le ${MAX_REPORT_BYTES} ]; then
  line="$line,\\"exitCode\\":$code,\\"reportBytes\\":$said}"
  { { printf '%s\\n' "$line"; cat ${REPORT_FILE}; } > "$report"; } 2>/dev/null || :
else
  { printf '%s,"exitCode":%d}\\n' "$line" "$code" > "$report"; } 2>/dev/null || :
fi
if [ "$code" -eq 0 ]; then sleep 0.5 2>/dev/null || sleep 1; fi
exit "$code"
`;

/** The container's command for a stage: argv, ending in the stage's own. */
export function enterStage(input: { readonly filesDir: string; readonly command: readonly string[] }): string[] {
  return [...prefix(input.filesDir), ...input.command];
}

/** The stage's own argv within a container's command; the command itself where `enterStage` did not make it. */
export function stageCommandOf(command: readonly string[]): readonly string[] {
  const made = prefix(command[3] ?? '');
  return made.every((word, index) => command[index] === word) ? command.slice(made.length) : command;
}

function prefix(filesDir: string): readonly string[] {
  return ['sh', '-c', ENTER_STAGE, filesDir, TERMINATION_LOG];
}
