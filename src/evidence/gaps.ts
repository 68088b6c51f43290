// When nobody was reading the proxy's counters: the series' own gaps, the silence after its last reading, coverage.
import type { SampleSeries, SamplingGap } from './sample-series.ts';
import type { Transition } from './transition.ts';
import { gapThresholdMs } from './gap-threshold.ts';

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The series' gaps and, where the target still told of something long after the last reading, the stretch between. That
 * one is measured up to the last transition, not to the moment of asking: what is done after the Job moves no bytes.
 */
export function allGaps(input: {
  readonly series: SampleSeries;
  readonly transitions: readonly Transition[];
}): readonly SamplingGap[] {
  const { series } = input;
  const fromMs = knownUntilMs(series);
  const toMs = Math.max(fromMs, ...input.transitions.map((transition) => transition.atMs));
  if (toMs - fromMs <= gapThresholdMs(series.intervalMs)) return series.gaps;
  const reason = 'no reading came after this';
  return [...series.gaps, { fromMs, toMs, bytes: 0, reason, cause: 'no-sampler', mayHaveMore: true }];
}

/**
 * Share of the time from the baseline to the last reading, or the end of a gap after it, that lies outside gaps. Companions
 * are not there to be read before the Job is: readings of theirs count from the first one.
 */
export function coverageOf(input: { readonly series: SampleSeries; readonly gaps: readonly SamplingGap[] }): number {
  const fromMs = input.series.companions?.[0]?.atMs ?? input.series.points[0]?.atMs ?? 0;
  const toMs = Math.max(knownUntilMs(input.series), ...input.gaps.map((gap) => gap.toMs));
  if (toMs <= fromMs) return 1;
  return 1 - unionMs(input.gaps) / (toMs - fromMs);
}

/** Whether two stretches share any time; touching ends do not count unless one of the two has no length. */
export function overlaps(a: Stretch, b: Stretch): boolean {
  if (a.fromMs === a.toMs || b.fromMs === b.toMs) return a.fromMs <= b.toMs && b.fromMs <= a.toMs;
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

function knownUntilMs(series: SampleSeries): number {
  const readMs = series.companions?.at(-1)?.atMs ?? series.points.at(-1)?.atMs ?? 0;
  return Math.max(readMs, ...series.gaps.map((gap) => gap.toMs));
}

function unionMs(stretches: readonly Stretch[]): number {
  let coveredMs = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of stretches.toSorted((a, b) => a.fromMs - b.fromMs)) {
    coveredMs += Math.max(0, toMs - Math.max(fromMs, untilMs));
    untilMs = Math.max(untilMs, toMs);
  }
  return coveredMs;
}
