// What a sampler of companions has seen so far, and how it becomes the series of a run.
import { emptySeries } from '../evidence/empty-series.ts';
import type { CompanionReading } from '../evidence/companion-model.ts';
import type { SampleSeries, SamplingGap } from '../evidence/sample-series.ts';
import { COMPANION_BOUNDS, boundReadings } from './companion-readings.ts';

/** Bounded; for a heartbeat see `heartbeatOf`. */
export interface CompanionProgress {
  readonly readings: readonly CompanionReading[];
  readonly gaps: readonly SamplingGap[];
  /** How often all of them were read. */
  readonly rounds: number;
}

export const NOTHING_READ: CompanionProgress = { readings: [], gaps: [], rounds: 0 };

const MOST_GAPS = 60;
/** Between two readings. */
const MOST_RESTARTS = 60;

/** The moment up to which is known what there was to know, by the target's clock; null while nothing was read. */
export function readUntilMs({ readings, gaps }: CompanionProgress): number | null {
  const lastMs = readings.at(-1)?.atMs;
  return lastMs === undefined ? null : Math.max(lastMs, ...gaps.map(({ toMs }) => toMs));
}

/** With one more round of readings, and the gaps before and in it. */
export function withRound(input: {
  readonly progress: CompanionProgress;
  readonly round: readonly CompanionReading[];
  readonly gaps: readonly SamplingGap[];
}): CompanionProgress {
  const { progress, round } = input;
  const gaps = [...progress.gaps, ...input.gaps];
  const early = gaps.slice(0, Math.max(0, gaps.length - MOST_GAPS + 1));
  return {
    readings: boundReadings([...progress.readings, ...round]),
    // Of too many the earliest become one stretch: what is between them then counts as unread, never the other way round.
    gaps: gaps.length <= MOST_GAPS ? gaps : [joined(early), ...gaps.slice(early.length)],
    rounds: progress.rounds + 1,
  };
}

/** The part that travels with every heartbeat: fewer readings over the same time. */
export function heartbeatOf(progress: CompanionProgress): CompanionProgress {
  return { ...progress, readings: boundReadings(progress.readings, COMPANION_BOUNDS.heartbeatBytes) };
}

/** What two attempts at sampling one run have seen, whichever knows more of what. */
export function joinProgress(one: CompanionProgress, other: CompanionProgress): CompanionProgress {
  const [more, less] = one.rounds >= other.rounds ? [one, other] : [other, one];
  return { ...more, readings: boundReadings([...less.readings, ...more.readings]) };
}

/** The series of the run: no bytes from the baseline to the last reading, where what is still open ends, and what was read. */
export function companionSeries(input: {
  readonly progress: CompanionProgress;
  /** When the run began to sample. */
  readonly atMs: number;
  readonly intervalMs: number;
}): SampleSeries {
  const { readings, gaps, rounds } = input.progress;
  const series = emptySeries(input);
  return {
    ...series,
    points: [...series.points, ...readings.slice(-1).map(({ atMs }) => ({ atMs, totalBytes: 0, unexplainedBytes: 0 }))],
    gaps,
    restartsAtMs: restartsAtMs(readings),
    readings: { stream: 0, polling: rounds },
    companions: readings,
  };
}

/** When a restart was first seen, once for each, of all companions together. */
function restartsAtMs(readings: readonly CompanionReading[]): readonly number[] {
  const known = new Map<string, number>();
  return readings.flatMap(({ name, atMs, usage }) => {
    const before = known.get(name) ?? 0;
    const restarts = usage?.restarts ?? before;
    known.set(name, restarts);
    return Array.from({ length: Math.min(MOST_RESTARTS, Math.max(0, restarts - before)) }, () => atMs);
  });
}

function joined(gaps: readonly SamplingGap[]): SamplingGap {
  const [first, last] = [gaps[0], gaps.at(-1)] as [SamplingGap, SamplingGap];
  return { ...first, toMs: last.toMs };
}
