// Samples the proxy for as long as a run lasts; being cancelled is how it is told to hand over.
import { Context } from '@temporalio/activity';
import { type Journal, openJournal, readJournal } from '../sampling/journal.ts';
import { lastSequence } from '../sampling/last-sequence.ts';
import { runSampler, type SamplerProgress } from '../sampling/sampler.ts';
import { foldSeries } from '../sampling/series.ts';
import { sampleCompanions, samplesCompanions } from './companion-sampling.ts';
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
    if (samplesCompanions(run)) {
      const series = await sampleCompanions({ deps, run, baseline });
      throwUnlessCancelled(cancellationSignal);
      return series;
    }
    const resumed = info.heartbeatDetails as SamplerProgress | undefined;
    const dir = journalDirectory({ deps, run });
    const earlier = await readJournal({ dir });
    const journalLost = earlier.length === 0;
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
            run,
            afterSequence: lastSequence({ attempts: earlier, resumed }),
            // A worker that goes away, or was given up, leaves the recorder to the next one.
            endsRecording: () => isCancel(cancellationSignal),
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
    throwUnlessCancelled(cancellationSignal);
    return foldSeries({ baseline, readings: await journal.readAll(), intervalMs: run.sampling.intervalMs });
  };
}

/** What a heartbeat tells, as the reading it came from; whose bytes they were is not known any more. */
function lastReadingOf(progress: SamplerProgress): Parameters<Journal['reading']>[0] {
  const { atMs, uploadTotalBytes, downloadTotalBytes, instance, sequence } = progress;
  const place = sequence === undefined ? {} : { sequence };
  return {
    snapshot: { atMs, uploadTotalBytes, downloadTotalBytes, connections: [], via: 'polling', ...place },
    instance,
  };
}

/** Anything but a cancel must not end the sampling: failing hands it to the next worker, with the heartbeat. */
function throwUnlessCancelled(signal: AbortSignal): void {
  if (!signal.aborted || isCancel(signal)) return;
  const why = reasonOf(signal);
  throw new Error(
    why === 'WORKER_SHUTDOWN' ? 'the worker is shutting down' : `the sampling was taken from this worker: ${why}`,
  );
}

function isCancel(signal: AbortSignal): boolean {
  return reasonOf(signal) === 'CANCELLED';
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason.message : String(reason);
}
