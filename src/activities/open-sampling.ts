// The proxy's counters before anything of the run has moved.
import { Context } from '@temporalio/activity';
import { measureClockOffset, tellsClock } from '../sampling/clock-offset.ts';
import { isRecorded } from '../sampling/recorded-client.ts';
import { openBaseline } from '../sampling/sampler.ts';
import { companionBaseline, samplesCompanions } from './companion-sampling.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { withControl } from './open-control.ts';

export function createOpenSampling(deps: ActivityDeps): Activities['openSampling'] {
  return async ({ run }) => {
    if (samplesCompanions(run)) return { baseline: companionBaseline() };
    const signal = Context.current().cancellationSignal;
    const baseline = await withControl({
      deps,
      connection: run.target.connection,
      proxy: run.proxy,
      // Where readings are recorded on the target, the baseline is the first of them: one clock for the whole run.
      run,
      signal,
      use: async (client) => {
        const read = await openBaseline({ client, signal });
        if (isRecorded(client)) {
          const targetClockOffsetMs = await client.clockOffsetMs({ signal });
          return targetClockOffsetMs === undefined ? read : { ...read, targetClockOffsetMs };
        }
        // The proxy's clock is the target's where both are in one cluster, and a recorder stamps by that one already.
        if (run.target.connection.reach !== 'kubeconfig' || !tellsClock(client)) return read;
        const clockOffsetMs = await measureClockOffset({ client, signal });
        return clockOffsetMs === undefined ? read : { ...read, clockOffsetMs };
      },
    });
    return { baseline };
  };
}
