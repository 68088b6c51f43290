// The readings of a run whose samples come from its companions: no proxy's control API is asked.
import { Context } from '@temporalio/activity';
import { earlierCompanionProgress, keepCompanionProgress } from '../sampling/companion-journal.ts';
import { type CompanionProgress, companionSeries, heartbeatOf } from '../sampling/companion-progress.ts';
import { runCompanionSampler } from '../sampling/companion-sampler.ts';
import type { RunReference } from '../plan/plan.ts';
import type { SampleSeries } from '../evidence/sample-series.ts';
import type { SamplingBaseline } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';
import { journalDirectory } from './journal-directory.ts';

/** Whether the run's samples come from its companions. */
export function samplesCompanions({ sampling }: Pick<RunReference, 'sampling'>): boolean {
  return sampling.source === 'companions';
}

/** Nothing of a companion is counted before it is there. */
export function companionBaseline(): SamplingBaseline {
  return { atMs: Date.now(), uploadBytes: 0, downloadBytes: 0, connections: {} };
}

/** As the `sample` activity: until its signal aborts. The caller decides whether that was a cancel. */
export async function sampleCompanions(input: SampleInput): Promise<SampleSeries> {
  let progress = await earlierCompanionProgress({
    dir: journalDirectory(input),
    resumed: Context.current().info.heartbeatDetails as CompanionProgress | undefined,
  });
  const earlier = progress;
  return await heartbeating({
    details: () => heartbeatOf(progress),
    work: (signal) =>
      takeReadings({
        ...input,
        earlier,
        signal,
        onProgress: (latest) => {
          progress = latest;
        },
      }),
  });
}

/** As the `handOver` activity: what was kept, and one last round. */
export async function handOverCompanions(input: SampleInput): Promise<SampleSeries> {
  const earlier = await earlierCompanionProgress({ dir: journalDirectory(input) });
  return await takeReadings({ ...input, earlier, signal: AbortSignal.abort(), onProgress: () => undefined });
}

interface SampleInput {
  readonly deps: ActivityDeps;
  readonly run: RunReference;
  readonly baseline: SamplingBaseline;
}

async function takeReadings(
  input: SampleInput & {
    readonly earlier: CompanionProgress;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: CompanionProgress) => void;
  },
): Promise<SampleSeries> {
  const { deps, run, baseline, earlier, signal, onProgress } = input;
  const { intervalMs } = run.sampling;
  const cluster = deps.openCluster({ connection: run.target.connection });
  const dir = journalDirectory(input);
  const progress = await runCompanionSampler({
    read: ({ signal: ends }) => cluster.readCompanions({ plan: run, signal: ends }),
    intervalMs,
    signal,
    earlier,
    keep: async (latest) => {
      onProgress(latest);
      await keepCompanionProgress({ dir, progress: latest });
    },
  });
  return companionSeries({ progress, atMs: baseline.atMs, intervalMs });
}
