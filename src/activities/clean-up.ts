// Removes what a finished run no longer needs: on its target, and the raw readings on this machine.
import { join } from 'node:path';
import { removeJournal } from '../sampling/journal.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

export function createCleanUp(deps: ActivityDeps): Activities['cleanUp'] {
  return async ({ run }) => {
    await removeJournal({ dir: join(deps.stateDir, run.runId) });
    return await deps.openCluster({ connection: run.target.connection }).cleanUp({ plan: run });
  };
}
