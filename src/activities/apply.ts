// Makes the Job exist on its target.
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';

export function createApply(deps: ActivityDeps): Activities['apply'] {
  return ({ plan, attempt }) =>
    heartbeating({
      work: (signal) => deps.openCluster({ connection: plan.target.connection }).apply({ plan, attempt, signal }),
    });
}
