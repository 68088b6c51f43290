// When a run ended by its target's clock, which is no machine's that a workflow could ask.
import type { SampleSeries } from '../evidence/sample-series.ts';
import type { Transition } from '../evidence/transition.ts';

/** The last moment that the target has told of: a transition, a reading, or the end of what was not read. */
export function endedAtMs(input: {
  readonly transitions: readonly Transition[];
  readonly series: Pick<SampleSeries, 'points' | 'gaps'>;
}): number {
  const { transitions, series } = input;
  return Math.max(
    ...transitions.map(({ atMs }) => atMs),
    ...series.points.slice(-1).map(({ atMs }) => atMs),
    ...series.gaps.map(({ toMs }) => toMs),
  );
}
