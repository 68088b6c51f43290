// The stretches of time in which bytes are a stage's own: its intervals, with stamps of whole seconds read as what they are.
import type { ClosedInterval } from './find-interval.ts';
import { STAMP_STEP_MS } from './interval-start.ts';
import type { TimelineInterval } from './intervals.ts';

/** The runtime's word for how long a pull took, and the stamp of its end, may be apart by so much. */
const PULL_SLACK_MS = 1_000;

/** An interval, and how far it reaches. */
export interface StageWindow<Interval extends ClosedInterval> extends ClosedInterval {
  readonly interval: Interval;
}

/**
 * An end in whole seconds lies up to a second before the true end, so such an interval reaches to the end of that second;
 * what starts within it takes over there, see `findInterval`. A pull that waited for other pulls of its node reaches back
 * only as far as the runtime says that it took itself, and a second. Without `stamped` every window is just its interval.
 */
export function stageWindows<Interval extends ClosedInterval & TimelineInterval>(input: {
  readonly intervals: readonly Interval[];
  /** Whether the target stamps in whole seconds. */
  readonly stamped: boolean;
}): readonly StageWindow<Interval>[] {
  return input.intervals.map((interval) => {
    const { stage, fromMs, toMs } = interval;
    const reachesOn = input.stamped && toMs % STAMP_STEP_MS === 0;
    return {
      stage,
      fromMs: input.stamped ? Math.max(fromMs, ownPullStartMs(interval)) : fromMs,
      toMs: reachesOn ? toMs + STAMP_STEP_MS - 1 : toMs,
      interval,
    };
  });
}

function ownPullStartMs({ pull, toMs }: ClosedInterval & TimelineInterval): number {
  const durationMs = pull?.end?.pull?.durationMs ?? null;
  return durationMs === null ? Number.NEGATIVE_INFINITY : toMs - durationMs - PULL_SLACK_MS;
}
