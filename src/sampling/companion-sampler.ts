// Reads a run's companions at a pace until told to stop, and once more then: what was read is never lost with the reader.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../errors/errors.ts';
import type { CompanionReading } from '../evidence/companion-model.ts';
import type { SamplingGap } from '../evidence/sample-series.ts';
import { gapThresholdMs } from '../evidence/gap-threshold.ts';
import { type CompanionProgress, readUntilMs, withRound } from './companion-progress.ts';

/** A round that takes longer is given up: the next one may fare better. */
const ROUND_WITHIN_MS = 15_000;
const LAST_ROUND_WITHIN_MS = 5_000;
const MAX_REASON_CHARACTERS = 140;

/**
 * Goes on from `earlier` and returns what is known in the end. Nothing is read before the run has companions, and that is
 * no gap; after its first reading, a pause of more than four intervals (at least 2 s) is one. An outage is no error.
 * @throws what `keep` throws
 */
export async function runCompanionSampler(input: {
  readonly read: (input: { readonly signal: AbortSignal }) => Promise<readonly CompanionReading[]>;
  readonly intervalMs: number;
  /** Tells to take the last readings and to return. */
  readonly signal: AbortSignal;
  readonly earlier: CompanionProgress;
  /** Called after each round that read something. */
  readonly keep: (progress: CompanionProgress) => Promise<void>;
}): Promise<CompanionProgress> {
  const { read, intervalMs, signal, keep } = input;
  let progress = input.earlier;
  let outage: string | null = null;
  let isFirst = true;

  async function round(ends: AbortSignal): Promise<void> {
    try {
      const readings = await read({ signal: ends });
      if (readings.length === 0) return;
      const gaps = gapsIn({ progress, readings, intervalMs, outage, isFirst });
      progress = withRound({ progress, round: readings, gaps });
      [outage, isFirst] = [null, false];
    } catch (thrown) {
      // Told to stop in the middle of a round: the last one follows at once.
      if (!signal.aborted) outage = messageOf(thrown);
      return;
    }
    await keep(progress);
  }

  while (!signal.aborted) {
    const nextMs = performance.now() + intervalMs;
    await round(AbortSignal.any([signal, AbortSignal.timeout(ROUND_WITHIN_MS)]));
    await pause(Math.max(0, nextMs - performance.now()), undefined, { signal }).catch(() => undefined);
  }
  await round(AbortSignal.timeout(LAST_ROUND_WITHIN_MS));
  return progress;
}

/**
 * The pauses that are too long, from what was read last to the end of this round: a target that wrote readings down
 * itself hands over several of different moments at once.
 */
function gapsIn(input: {
  readonly progress: CompanionProgress;
  readonly readings: readonly CompanionReading[];
  readonly intervalMs: number;
  readonly outage: string | null;
  /** Whether this reader has read nothing yet. */
  readonly isFirst: boolean;
}): readonly SamplingGap[] {
  const { outage, readings } = input;
  const knownMs = readUntilMs(input.progress) ?? Math.min(...readings.map(({ atMs }) => atMs));
  const timesMs = [knownMs, ...readings.map(({ atMs }) => atMs).filter((atMs) => atMs > knownMs)].toSorted(
    (a, b) => a - b,
  );
  const why =
    outage !== null
      ? {
          reason: `the companions could not be read: ${outage}`.slice(0, MAX_REASON_CHARACTERS),
          cause: 'proxy-silent' as const,
        }
      : { reason: input.isFirst ? 'no sampler was running' : 'no reading was taken', cause: 'no-sampler' as const };
  return timesMs.flatMap((toMs, index) => {
    const fromMs = timesMs[index - 1] ?? toMs;
    return toMs - fromMs > gapThresholdMs(input.intervalMs) ? [{ fromMs, toMs, bytes: 0, ...why }] : [];
  });
}
