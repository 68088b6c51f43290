// Where a run's readings are kept on this machine: the same place for whoever writes, folds or removes them.
import { join } from 'node:path';
import { InvalidInputError } from '../errors/errors.ts';
import { isRunId, runIdProblem } from '../plan/run-id.ts';
import type { ActivityDeps } from './deps.ts';

/** A Plan given whole can carry any text as its run id. @throws InvalidInputError for one that is none */
export function journalDirectory(input: {
  readonly deps: Pick<ActivityDeps, 'stateDir'>;
  readonly run: { readonly runId: string };
}): string {
  const { runId } = input.run;
  if (isRunId(runId)) return join(input.deps.stateDir, runId);
  throw new InvalidInputError([runIdProblem(runId)]);
}
