// Ends whatever of a run is still going.
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';

export function createStop(deps: ActivityDeps): Activities['stop'] {
  return ({ run }) =>
    heartbeating({
      work: () =>
        deps.openCluster({ connection: run.target.connection }).stop({
          namespace: run.target.namespace,
          jobName: run.jobName,
          graceMs: run.cleanUp.stopGraceMs,
        }),
    });
}
