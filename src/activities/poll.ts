// Waits for a Job's next transition; the cursor is the caller's, so that another worker can go on from it.
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';

export function createPoll(deps: ActivityDeps): Activities['poll'] {
  return ({ run, cursor }) =>
    heartbeating({
      details: () => ({ cursor }),
      work: (signal) =>
        deps.openCluster({ connection: run.target.connection }).nextTransitions({ plan: run, cursor, signal }),
    });
}
