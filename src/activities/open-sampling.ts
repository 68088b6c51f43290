// The proxy's counters before anything of the run has moved.
import { Context } from '@temporalio/activity';
import { openBaseline } from '../sampling/sampler.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { withControl } from './open-control.ts';

export function createOpenSampling(deps: ActivityDeps): Activities['openSampling'] {
  return async ({ run }) => {
    const signal = Context.current().cancellationSignal;
    const baseline = await withControl({
      deps,
      connection: run.target.connection,
      proxy: run.proxy,
      signal,
      use: (client) => openBaseline({ client, signal }),
    });
    return { baseline };
  };
}
