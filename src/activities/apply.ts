// Makes the Job exist on its target.
import { Context } from '@temporalio/activity';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

export function createApply(deps: ActivityDeps): Activities['apply'] {
  return ({ plan, attempt }) =>
    deps
      .openCluster({ connection: plan.target.connection })
      .apply({ plan, attempt, signal: Context.current().cancellationSignal });
}
