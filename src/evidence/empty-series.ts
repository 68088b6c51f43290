// The series of a run whose sampler saw nothing, so that evidence can still be cut and says what is missing.
import type { SampleSeries } from './sample-series.ts';

/** The series of a run whose readings were all lost: whatever moved between the two moments is unknown. */
export function lostSeries(input: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  readonly reason: string;
}): SampleSeries {
  const { fromMs, toMs, intervalMs, reason } = input;
  return {
    ...emptySeries({ atMs: fromMs, intervalMs }),
    gaps: [{ fromMs, toMs, bytes: 0, reason, cause: 'no-sampler', mayHaveMore: true }],
  };
}

/** A series with its baseline alone. Evidence cut from it has no bytes and, once stages ran, a gap over all of them. */
export function emptySeries(input: { readonly atMs: number; readonly intervalMs: number }): SampleSeries {
  return {
    intervalMs: input.intervalMs,
    points: [{ atMs: input.atMs, totalBytes: 0, unexplainedBytes: 0 }],
    connections: [],
    gaps: [],
    restartsAtMs: [],
    readings: { stream: 0, polling: 0 },
    uploadBytes: 0,
    downloadBytes: 0,
  };
}
