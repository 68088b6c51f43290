// Where everything about one host Job lies, and which names may become part of a path.
import { join } from 'node:path';
import { InvalidInputError } from '../../errors/errors.ts';

/** Owner only: a run's environment and logs are nobody else's. */
export const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;

/** The paths of one Job. */
export interface RunDirectory {
  readonly root: string;
  readonly jobFile: string;
  /** Held by the one supervisor that may run the Job, or by whoever ended it before any did. */
  readonly claimFile: string;
  readonly supervisorLog: string;
  /** Asks for the end and tells how long it may take; outlives a supervisor that dies of being asked. */
  readonly stopFile: string;
  /** The head of the running stage's process group. */
  readonly stageProcessFile: string;
  /** The programs beside the stages: where they are, and what holds them. */
  readonly companionsFile: string;
  /** What was read of them at moments that matter, one line for each. */
  readonly companionReadings: string;
  readonly transitions: string;
  readonly annotations: string;
  readonly logs: string;
  readonly work: string;
}

const MAX_NAME_LENGTH = 200;
const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Under which all runs lie. */
export function runsRoot(stateDir: string): string {
  return join(stateDir, 'runs');
}

/** @throws InvalidInputError when the Job's name could lead out of the state directory */
export function runDirectory(input: { readonly stateDir: string; readonly jobName: string }): RunDirectory {
  requireName({ path: 'plan.jobName', name: input.jobName });
  return directoryAt(join(runsRoot(input.stateDir), input.jobName));
}

/** The paths under a directory that is known to be a run's. */
export function directoryAt(root: string): RunDirectory {
  return {
    root,
    jobFile: join(root, 'job.json'),
    claimFile: join(root, 'supervisor.json'),
    supervisorLog: join(root, 'supervisor.log'),
    stopFile: join(root, 'stop.json'),
    stageProcessFile: join(root, 'stage-process.json'),
    companionsFile: join(root, 'companions.json'),
    companionReadings: join(root, 'companion-readings.jsonl'),
    transitions: join(root, 'transitions.jsonl'),
    annotations: join(root, 'annotations'),
    logs: join(root, 'logs'),
    work: join(root, 'work'),
  };
}

/** Whether a name is one that a Job or a stage may have: lower-case letters, digits and inner dashes. */
export function isName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/** @throws InvalidInputError unless `isName` */
export function requireName(input: { readonly path: string; readonly name: string }): void {
  if (!isName(input.name)) {
    throw new InvalidInputError([
      {
        path: input.path,
        value: input.name,
        message: 'is not a name that can be filed',
        hint: `Use lower-case letters, digits and inner dashes, ${MAX_NAME_LENGTH} at most.`,
      },
    ]);
  }
}
