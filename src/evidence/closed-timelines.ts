// The stages' courses once a run is over: nothing in them is open any more.
import type { Plan } from '../plan/plan.ts';
import type { Transition } from './transition.ts';
import type { ClosedInterval } from './find-interval.ts';
import { type StageTimeline, type TimelineInterval, stageTimelines } from './intervals.ts';

/** A stretch of a stage that has ended, or that the run's end has closed. */
export type StageStretch = TimelineInterval & ClosedInterval;

/** A stage's course without anything open in it. */
export interface ClosedTimeline extends StageTimeline {
  readonly intervals: readonly StageStretch[];
}

/** The course of each stage, with the run's end as the end of what was still open then. */
export function closedTimelines(input: {
  readonly stages: Plan['stages'];
  readonly transitions: readonly Transition[];
  readonly endedAtMs: number;
}): readonly ClosedTimeline[] {
  return stageTimelines(input).map((timeline) => {
    // Given the run's end, none is open any more: only the type does not know.
    const intervals = timeline.intervals.map((interval) => ({ ...interval, toMs: interval.toMs ?? interval.fromMs }));
    return { ...timeline, intervals };
  });
}
