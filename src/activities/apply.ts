// Makes the Job exist on its target.
import { Context } from '@temporalio/activity';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';

export function createApply(deps: ActivityDeps): Activities['apply'] {
  return ({ plan, attempt }) => {
    // Another start under the same run id is another execution.
    const owner = Context.current().info.workflowExecution?.runId;
    return heartbeating({
      work: (signal) =>
        deps
          .openCluster({ connection: plan.target.connection })
          .apply({ plan, attempt, signal, ...(owner === undefined ? {} : { owner }) }),
    });
  };
}
