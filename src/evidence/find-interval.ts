// Which stage a moment, or a stretch of time, belongs to where stages may touch and overlap.
import type { StageInterval } from './evidence.ts';

/** An interval whose end is known. */
export interface ClosedInterval extends StageInterval {
  readonly toMs: number;
}

/**
 * The interval that holds the whole stretch `fromMs`–`toMs`, both ends included. Of several it is the one that started
 * last, of equally late ones the last in the list. Where none holds it, the nearest within `toleranceMs` (default 0).
 */
export function findInterval<Interval extends ClosedInterval>(input: {
  readonly intervals: readonly Interval[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly toleranceMs?: number;
}): Interval | undefined {
  let best: Interval | undefined;
  let bestDistanceMs = input.toleranceMs ?? 0;
  for (const interval of input.intervals) {
    const distanceMs = Math.max(0, interval.fromMs - input.fromMs, input.toMs - interval.toMs);
    if (distanceMs > bestDistanceMs) continue;
    if (best !== undefined && distanceMs === bestDistanceMs && interval.fromMs < best.fromMs) continue;
    best = interval;
    bestDistanceMs = distanceMs;
  }
  return best;
}
