// Where a run's readings are kept on this machine: the same place for whoever writes, folds or removes them.
import { join } from 'node:path';
import { InvalidInputError } from '../errors/errors.ts';
import type { ActivityDeps } from './deps.ts';

/** What is fit for a directory's name and leads nowhere else; a Plan given whole can carry any run id. */
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** @throws InvalidInputError for a run id that is no name */
export function journalDirectory(input: {
  readonly deps: Pick<ActivityDeps, 'stateDir'>;
  readonly run: { readonly runId: string };
}): string {
  const { runId } = input.run;
  if (NAME.test(runId)) return join(input.deps.stateDir, runId);
  throw new InvalidInputError([
    {
      path: 'runId',
      value: runId,
      message: 'is not a name',
      hint: 'Use lower-case letters, digits and inner dashes',
    },
  ]);
}
