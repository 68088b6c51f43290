// What a stage sees of this machine: enough to find programs and trust certificates, and no more.
import { join } from 'node:path';
import type { EnvironmentVariable } from '../../plan/plan.ts';
import { RUN_ID_VARIABLE } from '../../processes/run-marker.ts';

/** Where a machine keeps the authorities it trusts; a stage behind a TLS-inspecting network fails without them. */
const TRUST_VARIABLES = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'CURL_CA_BUNDLE',
] as const;
const PASSED_ON = ['PATH', 'LANG', ...TRUST_VARIABLES] as const;
const DEFAULTS = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' } as const;

type Environment = Readonly<Record<string, string>>;

/** The variables of `from` that may be passed on, with the run's mark. Secrets of the surroundings end here. */
export function machineEnvironment(input: { readonly from: NodeJS.ProcessEnv; readonly runId: string }): Environment {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = input.from[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return { ...DEFAULTS, ...Object.fromEntries(passedOn), [RUN_ID_VARIABLE]: input.runId };
}

/** A stage's whole environment; its own variables come last and win, but for the run's mark. */
export function stageEnvironment(input: {
  readonly machine: Environment;
  readonly stage: string;
  readonly directories: StageDirectories;
  readonly variables: readonly EnvironmentVariable[];
}): Environment {
  const mark = input.machine[RUN_ID_VARIABLE];
  return {
    ...input.machine,
    HOME: input.directories.home,
    TMPDIR: input.directories.temporary,
    // The run's directory may lie inside somebody's clone, which no git of a stage may take for its own.
    GIT_CEILING_DIRECTORIES: input.directories.root,
    PROXYBENCH_STAGE: input.stage,
    ...Object.fromEntries(input.variables.map(({ name, value }) => [name, value])),
    ...(mark === undefined ? {} : { [RUN_ID_VARIABLE]: mark }),
  };
}

/** Where a stage works. All of it starts empty. */
export interface StageDirectories {
  readonly root: string;
  /** Its working directory; only the stage's own files lie in it. */
  readonly cwd: string;
  readonly home: string;
  readonly temporary: string;
}

/** The directories of one stage under the run's work directory. */
export function stageDirectories(input: { readonly work: string; readonly stage: string }): StageDirectories {
  const root = join(input.work, input.stage);
  return { root, cwd: join(root, 'cwd'), home: join(root, 'home'), temporary: join(root, 'tmp') };
}
