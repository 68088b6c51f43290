// Removes what a finished run no longer needs: on its target, and the raw readings on this machine.
import { removeJournal } from '../sampling/journal.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { journalDirectory } from './journal-directory.ts';

export function createCleanUp(deps: ActivityDeps): Activities['cleanUp'] {
  return async ({ run, jobApplied = true }) => {
    await removeJournal({ dir: journalDirectory({ deps, run }) });
    return await deps.openCluster({ connection: run.target.connection }).cleanUp({ plan: run, jobApplied });
  };
}
