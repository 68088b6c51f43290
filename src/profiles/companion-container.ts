// A companion as a native side-car of the Job's Pod: up before the stages, started again when it ends, ended after them. Pure.
import type { Companion } from '../plan/plan.ts';

/** Where things lie in the Pod; the volumes are `work` and `files`. */
export interface PodPlaces {
  /** Each container's own empty working directory. */
  readonly workDir: string;
  /** A folder with one folder for each container that has files. */
  readonly filesDir: string;
}

/** A small share of one CPU makes the start of a program long; the probe is tried once a second. */
const READY_WITHIN_SECONDS = 60;
const PROBE_ANSWERS_WITHIN_SECONDS = 5;
/** For one without limits, as for the stages. */
const LEAST_REQUESTS = { cpu: '100m', memory: '64Mi' };

/**
 * The init container that stays. It gets what it is limited to, no more and no less. The kubelet asks for `ready` at the
 * Pod's address, not on its loopback: on a cluster a companion must listen there with that port.
 */
export function companionContainer(input: { readonly companion: Companion; readonly places: PodPlaces }) {
  const { companion, places } = input;
  const { name, image, command, env, files, ready, limits } = companion;
  const hasFiles = Object.keys(files).length > 0;
  const amounts =
    limits === undefined ? undefined : { cpu: `${limits.cpuMillicores}m`, memory: `${limits.memoryMiB}Mi` };
  return {
    name,
    image: image ?? '',
    imagePullPolicy: 'Always',
    restartPolicy: 'Always',
    command: [...enterCompanion(`${places.filesDir}/${name}`), ...command],
    workingDir: places.workDir,
    env: [
      ...env.map((variable) => ({ ...variable })),
      { name: 'HOME', value: `${places.workDir}/.home` },
      { name: 'TMPDIR', value: `${places.workDir}/.tmp` },
    ],
    resources: amounts === undefined ? { requests: LEAST_REQUESTS } : { requests: amounts, limits: amounts },
    startupProbe: {
      httpGet: { port: ready.port, path: ready.path },
      periodSeconds: 1,
      timeoutSeconds: PROBE_ANSWERS_WITHIN_SECONDS,
      failureThreshold: READY_WITHIN_SECONDS,
    },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'work', mountPath: places.workDir, subPath: name },
      ...(hasFiles ? [{ name: 'files', mountPath: places.filesDir, readOnly: true }] : []),
    ],
  };
}

/** A constant script; it becomes the program, so that nothing of it is left to count against the limits. */
const ENTER_COMPANION = `set -e
mkdir -p "$HOME" "$TMPDIR"
if [ -d "$0" ]; then cp -RL "$0"/. .; fi
exec "$@"
`;

/** The companion's own argv within a container's command; the command itself where `companionContainer` did not make it. */
export function companionCommandOf(command: readonly string[]): readonly string[] {
  const made = enterCompanion(command[3] ?? '');
  return made.every((word, index) => command[index] === word) ? command.slice(made.length) : command;
}

function enterCompanion(filesDir: string): readonly string[] {
  return ['sh', '-c', ENTER_COMPANION, filesDir];
}
