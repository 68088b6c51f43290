// Series × transitions → evidence: which bytes at the proxy belong to which stage, exactly and without guessing.
import type { Plan } from '../plan/plan.ts';
import type { Evidence, ObservedConnection, SampleSeries, StageEvidence, TotalsPoint, Transition } from './evidence.ts';
import { type ClosedInterval, findInterval } from './find-interval.ts';
import { allGaps, coverageOf, overlaps } from './gaps.ts';
import { type StageTimeline, stageTimelines } from './intervals.ts';
import { rateOf } from './rate-of.ts';
import { bytesOf, talkersBy } from './talkers.ts';

/**
 * Cuts a run's series by its stages. A connection belongs to the stage it opened in; one that opened outside every stage
 * counts as outside. Bytes in the totals that no connection explains belong to a stage when both readings around them
 * lie in it, else to the run alone, and the stages that they touch may contest them.
 *
 * The unexplained part can shrink when a later reading explains earlier bytes. Only what stays unexplained to the end
 * counts, and it counts where it last arose: of each reading the least unexplained part from there on is taken.
 *
 * Always true: `totalBytes = attributedBytes + outsideBytes + unattributedBytes`, the stages' `attributedBytes` add up
 * to the run's, and their `unattributedBytes` add up to no more than the run's.
 */
export function cutEvidence(input: {
  readonly plan: Pick<Plan, 'stages' | 'omittedStages'>;
  readonly series: SampleSeries;
  readonly transitions: readonly Transition[];
  /** When the run ended, milliseconds since the epoch; stages still open are closed here. */
  readonly endedAtMs: number;
  /** How far the proxy's clock may be off the target's; default 0. */
  readonly toleranceMs?: number;
}): Evidence {
  const { plan, series, transitions, endedAtMs, toleranceMs = 0 } = input;
  const timelines = stageTimelines({ stages: plan.stages, transitions, endedAtMs });
  const intervals = timelines.flatMap((timeline) => timeline.intervals.map(closed));
  const gaps = allGaps({ series, transitions });
  const byStage = groupByStage({ connections: series.connections, intervals, toleranceMs });
  const settled = settledByStage({ points: series.points, intervals });

  const stages = timelines.map((timeline): StageEvidence => {
    const connections = byStage.get(timeline.stage) ?? [];
    const attributedBytes = sum(connections.map(bytesOf));
    const unattributedBytes = settled.own.get(timeline.stage) ?? 0;
    const windowBytes = attributedBytes + unattributedBytes;
    const own = timeline.intervals.map(closed);
    const durationMs = sum(own.map((interval) => interval.toMs - interval.fromMs));
    const note = plan.stages.find((stage) => stage.name === timeline.stage)?.note;
    return {
      ...courseOf(timeline),
      durationMs,
      windowBytes,
      attributedBytes,
      unattributedBytes,
      contestedBytes: settled.contested.get(timeline.stage) ?? 0,
      rateBytesPerSecond: rateOf({ bytes: windowBytes, durationMs }),
      cumulativeBytes: totalAt({ points: series.points, atMs: timeline.finishedAtMs }),
      topClient: talkersBy({ key: 'client', connections })[0] ?? null,
      topDestination: talkersBy({ key: 'destination', connections })[0] ?? null,
      gap: own.some((interval) => gaps.some((gap) => overlaps(gap, interval))),
      ...(note === undefined ? {} : { note }),
    };
  });

  const inStages = timelines.flatMap((timeline) => byStage.get(timeline.stage) ?? []);
  const totalBytes = series.points.at(-1)?.totalBytes ?? 0;
  const attributedBytes = sum(inStages.map(bytesOf));
  const outsideBytes = sum(series.connections.map(bytesOf)) - attributedBytes;
  return {
    version: 1,
    stages,
    totalBytes,
    uploadBytes: series.uploadBytes,
    downloadBytes: series.downloadBytes,
    attributedBytes,
    outsideBytes,
    unattributedBytes: totalBytes - attributedBytes - outsideBytes,
    attributedShare: totalBytes === 0 ? 1 : attributedBytes / totalBytes,
    coverage: coverageOf({ series, gaps }),
    gaps,
    largestGapMs: Math.max(0, ...gaps.map((gap) => gap.toMs - gap.fromMs)),
    proxyRestarts: series.restartsAtMs.length,
    topClient: talkersBy({ key: 'client', connections: inStages })[0] ?? null,
    topDestination: talkersBy({ key: 'destination', connections: inStages })[0] ?? null,
    omittedStages: plan.omittedStages,
  };
}

function courseOf(
  timeline: StageTimeline,
): Pick<StageEvidence, 'stage' | 'state' | 'startedAtMs' | 'finishedAtMs' | 'exitCode' | 'reason'> {
  const { intervals: _, ...course } = timeline;
  return course;
}

/** `stageTimelines` closes every interval once the run's end is given. */
function closed(interval: {
  readonly stage: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}): ClosedInterval {
  return { ...interval, toMs: interval.toMs ?? interval.fromMs };
}

function groupByStage(input: {
  readonly connections: readonly ObservedConnection[];
  readonly intervals: readonly ClosedInterval[];
  readonly toleranceMs: number;
}): Map<string, ObservedConnection[]> {
  const byStage = new Map<string, ObservedConnection[]>();
  for (const connection of input.connections) {
    const { startMs } = connection;
    const { intervals, toleranceMs } = input;
    const stage = findInterval({ intervals, fromMs: startMs, toMs: startMs, toleranceMs })?.stage;
    if (stage === undefined) continue;
    const group = byStage.get(stage);
    if (group === undefined) byStage.set(stage, [connection]);
    else group.push(connection);
  }
  return byStage;
}

/** What no connection explains, by stage: `own` where both readings lie in the stage, else `contested`. */
function settledByStage(input: {
  readonly points: readonly TotalsPoint[];
  readonly intervals: readonly ClosedInterval[];
}): { readonly own: ReadonlyMap<string, number>; readonly contested: ReadonlyMap<string, number> } {
  const { points, intervals } = input;
  const own = new Map<string, number>();
  const contested = new Map<string, number>();
  let settledBytes = points.at(-1)?.unexplainedBytes ?? 0;
  for (let index = points.length - 1; index > 0; index--) {
    const from = points[index - 1];
    const to = points[index];
    if (from === undefined || to === undefined) continue;
    const grownBytes = Math.max(0, settledBytes - from.unexplainedBytes);
    settledBytes -= grownBytes;
    if (grownBytes === 0) continue;
    const between = { fromMs: from.atMs, toMs: to.atMs };
    const stage = findInterval({ intervals, ...between })?.stage;
    if (stage !== undefined) {
      own.set(stage, (own.get(stage) ?? 0) + grownBytes);
      continue;
    }
    const touched = intervals.filter((interval) => overlaps(between, interval)).map((interval) => interval.stage);
    for (const name of new Set(touched)) contested.set(name, (contested.get(name) ?? 0) + grownBytes);
  }
  return { own, contested };
}

/** The total at the first reading at or after `atMs`, so that a stage's last bytes are in it; else at the last one. */
function totalAt(input: { readonly points: readonly TotalsPoint[]; readonly atMs: number | null }): number {
  const { points, atMs } = input;
  if (atMs === null) return 0;
  return (points.find((point) => point.atMs >= atMs) ?? points.at(-1))?.totalBytes ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
