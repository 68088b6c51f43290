// Samples the proxy for as long as a run lasts; being cancelled is how it is told to hand over.
import { Context } from '@temporalio/activity';
import { type Journal, openJournal, readJournal } from '../sampling/journal.ts';
import { runSampler, type SamplerProgress } from '../sampling/sampler.ts';
import { foldSeries } from '../sampling/series.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';
import { journalDirectory } from './journal-directory.ts';
import { withControl } from './open-control.ts';

/** How long the way to the control API may take to open; a port-forward needs a second or two. */
const OPEN_WITHIN_MS = 15_000;

export function createSample(deps: ActivityDeps): Activities['sample'] {
  return async ({ run, baseline }) => {
    const { info, cancellationSignal } = Context.current();
    const resumed = info.heartbeatDetails as SamplerProgress | undefined;
    const dir = journalDirectory({ deps, run });
    const journalLost = (await readJournal({ dir })).length === 0;
    const journal = await openJournal({ dir, attempt: info.attempt });
    // On a machine that never saw this run the heartbeat is all there is: without it, bytes that the proxy counted
    // before a restart in between would be lost.
    if (resumed !== undefined && journalLost) await journal.reading(lastReadingOf(resumed));
    let progress = resumed;
    try {
      await heartbeating({
        details: () => progress,
        work: (signal) =>
          withControl({
            deps,
            connection: run.target.connection,
            proxy: run.proxy,
            // Not the cancel's signal: even a sampler that is cancelled at once owes a last reading.
            signal: AbortSignal.timeout(OPEN_WITHIN_MS),
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

/** What a heartbeat tells, as the reading it came from; whose bytes they were is not known any more. */
function lastReadingOf(progress: SamplerProgress): Parameters<Journal['reading']>[0] {
  const { atMs, uploadTotalBytes, downloadTotalBytes, instance } = progress;
  return { snapshot: { atMs, uploadTotalBytes, downloadTotalBytes, connections: [], via: 'polling' }, instance };
}

/** A worker that is going away must not end the sampling: failing hands it to the next worker, with the heartbeat. */
function throwIfShutDown(signal: AbortSignal): void {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN') throw new Error('the worker is shutting down');
}
