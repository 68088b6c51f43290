// Samples the proxy for as long as a run lasts; being cancelled is how it is told to hand over.
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { openJournal } from '../sampling/journal.ts';
import { runSampler, type SamplerProgress } from '../sampling/sampler.ts';
import { foldSeries } from '../sampling/series.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';
import { withControl } from './open-control.ts';

export function createSample(deps: ActivityDeps): Activities['sample'] {
  return async ({ run, baseline }) => {
    const { info, cancellationSignal } = Context.current();
    const resumed = info.heartbeatDetails as SamplerProgress | undefined;
    const journal = await openJournal({ dir: join(deps.stateDir, run.runId), attempt: info.attempt });
    let progress = resumed;
    try {
      await heartbeating({
        details: () => progress,
        work: (signal) =>
          withControl({
            deps,
            connection: run.target.connection,
            proxy: run.proxy,
            signal,
            use: (client) =>
              runSampler({
                client,
                journal,
                intervalMs: run.sampling.intervalMs,
                signal,
                onProgress: (latest) => {
                  progress = latest;
                },
              }),
          }),
      });
    } finally {
      await journal.close();
    }
    throwIfShutDown(cancellationSignal);
    return foldSeries({ baseline, readings: await journal.readAll(), intervalMs: run.sampling.intervalMs });
  };
}

/** A worker that is going away must not end the sampling: failing hands it to the next worker, with the heartbeat. */
function throwIfShutDown(signal: AbortSignal): void {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN') throw new Error('the worker is shutting down');
}
