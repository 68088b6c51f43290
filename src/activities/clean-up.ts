// Removes what a finished run no longer needs.
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

export function createCleanUp(deps: ActivityDeps): Activities['cleanUp'] {
  return ({ run }) => deps.openCluster({ connection: run.target.connection }).cleanUp({ plan: run });
}
