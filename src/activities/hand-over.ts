// What a sampler that died has left behind: Temporal tries no activity again that was told to end when its worker died.
import { Context } from '@temporalio/activity';
import { openJournal, readJournal } from '../sampling/journal.ts';
import { lastSequence } from '../sampling/last-sequence.ts';
import { runSampler } from '../sampling/sampler.ts';
import { foldSeries } from '../sampling/series.ts';
import { handOverCompanions, samplesCompanions } from './companion-sampling.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { journalDirectory } from './journal-directory.ts';
import { withControl } from './open-control.ts';

export function createHandOver(deps: ActivityDeps): Activities['handOver'] {
  return async ({ run, baseline }) => {
    if (samplesCompanions(run)) return await handOverCompanions({ deps, run, baseline });
    const { info, cancellationSignal } = Context.current();
    const { intervalMs } = run.sampling;
    const dir = journalDirectory({ deps, run });
    const earlier = await readJournal({ dir });
    const journal = await openJournal({ dir, attempt: info.attempt });
    try {
      await withControl({
        deps,
        connection: run.target.connection,
        proxy: run.proxy,
        run,
        afterSequence: lastSequence({ attempts: earlier }),
        signal: cancellationSignal,
        // A sampler that is told to stop before it starts takes its last reading and no other.
        use: (client) => runSampler({ client, journal, intervalMs, signal: AbortSignal.abort() }),
      });
    } finally {
      await journal.close();
    }
    return foldSeries({ baseline, readings: await journal.readAll(), intervalMs });
  };
}
