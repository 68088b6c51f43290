// Series × transitions → evidence: which bytes at the proxy belong to which stage, exactly and without guessing.
import type { Plan } from '../plan/plan.ts';
import { classOf } from './client-class.ts';
import { type ClosedTimeline, closedTimelines } from './closed-timelines.ts';
import { companionEvidence } from './companion-evidence.ts';
import type { Evidence, KnownClients, StageEvidence } from './evidence.ts';
import type { ObservedConnection, SampleSeries, TotalsPoint } from './sample-series.ts';
import type { Transition } from './transition.ts';
import { gapThresholdMs } from './gap-threshold.ts';
import { allGaps, coverageOf, overlaps } from './gaps.ts';
import { connectionsOfEarlier, groupByInterval } from './group-connections.ts';
import { foreignPullBytes, imageRows, pullNote } from './image-rows.ts';
import type { StageTimeline } from './intervals.ts';
import { perhapsOwn, seenOwn } from './perhaps-own.ts';
import { rateOf } from './rate-of.ts';
import { runClients } from './run-clients.ts';
import { settleByStage } from './settle-by-stage.ts';
import { stageWindows } from './stage-windows.ts';
import { bytesOf, talkersBy } from './talkers.ts';

/** How far a connection of the stage's own client may lie beside it where the target stamps in whole seconds. */
const STAMPED_TOLERANCE_MS = 1_000;

/**
 * Cuts a run's series by its stages. A connection belongs to the stage it opened in; one that opened outside every stage
 * counts as outside. Bytes in the totals that no connection explains belong to a stage when both readings around them
 * lie in it, or when they touch no other stage and nobody else was seen at the proxy; else to the run alone, and the
 * stages that they touch may contest them.
 *
 * Only what stays unexplained to the end counts, and it counts where it arose, see `settleByStage`.
 *
 * With `clients`, a connection is a stage's only when its client can be: the node's for an image pull, the Pod's for a
 * container. Anybody else's is outside. What may be a stage's own all the same is told beside, see `perhapsOwn`.
 *
 * Where image pulls were tried again, only the last attempt is cut by stages; what earlier ones moved is outside.
 *
 * Always true: `totalBytes = attributedBytes + outsideBytes + unattributedBytes`, the stages' `attributedBytes` add up
 * to the run's, and their `unattributedBytes` add up to no more than the run's.
 */
export function cutEvidence(input: {
  readonly plan: Pick<Plan, 'stages' | 'omittedStages' | 'companions'> & Partial<Pick<Plan, 'sampling'>>;
  readonly series: SampleSeries;
  /** Those of the last attempt: what a run shows and is judged by. */
  readonly transitions: readonly Transition[];
  /** Those of attempts that another one followed; default none. */
  readonly earlierTransitions?: readonly Transition[];
  /** When the run ended, milliseconds since the epoch; stages still open are closed here. */
  readonly endedAtMs: number;
  /** How far the proxy's clock may be off the target's; default 0, with `clients` 1 s. */
  readonly toleranceMs?: number;
  /** The run's own clients, for a target that has addresses to tell. */
  readonly clients?: KnownClients | undefined;
}): Evidence {
  const { plan, series, transitions, endedAtMs, clients } = input;
  const timelines = closedTimelines({ stages: plan.stages, transitions, endedAtMs });
  const intervals = timelines.flatMap((timeline) => timeline.intervals);
  const kinds = new Map(plan.stages.map((stage) => [stage.name, stage.kind]));
  const windows = stageWindows({ intervals, stamped: clients !== undefined });
  const gaps = allGaps({ series, transitions });
  const toleranceMs = input.toleranceMs ?? (clients === undefined ? 0 : STAMPED_TOLERANCE_MS);
  const grouping = { kinds, clients, toleranceMs };
  const byInterval = groupByInterval({ connections: series.connections, windows, ...grouping });
  const stageOf = new Map([...byInterval].flatMap(([{ stage }, group]) => group.map((each) => [each, stage] as const)));
  const strayed = series.connections.filter((connection) => !stageOf.has(connection));
  const ofEarlier = connectionsOfEarlier({
    ...grouping,
    connections: strayed,
    stages: plan.stages,
    transitions,
    earlierTransitions: input.earlierTransitions ?? [],
    endedAtMs,
  });
  const seen = clients === undefined ? { pod: true, node: true } : seenOwn({ ...series, clients });
  const images = timelines.flatMap((timeline) =>
    imageRows({ timeline, bytesOf: (interval) => sum((byInterval.get(interval) ?? []).map(bytesOf)) }),
  );
  const foreignNodeBytes =
    sum(images.map(foreignPullBytes)) +
    sum(strayed.filter((each) => !ofEarlier.includes(each) && isOfNode({ ...each, clients })).map(bytesOf));
  const seenClients =
    clients === undefined ? {} : runClients({ connections: series.connections, clients, foreignNodeBytes });
  const settled = settleByStage({
    points: series.points,
    windows,
    alone: clients === undefined || seenClients.shared === false,
    gapMs: gapThresholdMs(series.intervalMs),
  });
  const connectionsOf = (timeline: ClosedTimeline): readonly ObservedConnection[] =>
    timeline.intervals.flatMap((interval) => byInterval.get(interval) ?? []);

  const stages = timelines.map((timeline): StageEvidence => {
    const connections = connectionsOf(timeline);
    const attributedBytes = sum(connections.map(bytesOf));
    const unattributedBytes = settled.own.get(timeline.stage) ?? 0;
    const windowBytes = attributedBytes + unattributedBytes;
    const durationMs = sum(timeline.intervals.map((interval) => interval.toMs - interval.fromMs));
    const own = windows.filter((window) => window.stage === timeline.stage);
    const endMs = timeline.finishedAtMs === null ? null : Math.max(...own.map((window) => window.toMs));
    const stage = plan.stages.find((planned) => planned.name === timeline.stage);
    const pulls =
      stage?.kind === 'image-pull' ? pullNote({ stage, rows: images, jobPassed: hasPassed(transitions) }) : undefined;
    const notes = [stage?.note, pulls].filter((note) => note !== undefined);
    const perhaps = perhapsOwn({
      kind: stage?.kind ?? 'container',
      stage: timeline.stage,
      windows: own,
      connections: series.connections,
      stageOf,
      clients,
      seen,
      toleranceMs,
    });
    return {
      ...courseOf(timeline),
      durationMs,
      windowBytes,
      attributedBytes,
      unattributedBytes,
      contestedBytes: settled.contested.get(timeline.stage) ?? 0,
      ...(perhaps === null ? {} : { perhapsOwn: perhaps }),
      rateBytesPerSecond: rateOf({ bytes: windowBytes, durationMs }),
      cumulativeBytes: totalAt({ points: series.points, atMs: endMs }),
      topClient: talkersBy({ key: 'client', connections, clients })[0] ?? null,
      topDestination: talkersBy({ key: 'destination', connections })[0] ?? null,
      gap: timeline.intervals.some((interval) => gaps.some((gap) => overlaps(gap, interval))),
      ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    };
  });

  const inStages = timelines.flatMap(connectionsOf);
  const totalBytes = series.points.at(-1)?.totalBytes ?? 0;
  const attributedBytes = sum(inStages.map(bytesOf));
  const outsideBytes = sum(series.connections.map(bytesOf)) - attributedBytes;
  const jobReason = jobReasonOf(transitions);
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
    topClient: talkersBy({ key: 'client', connections: inStages, clients })[0] ?? null,
    topDestination: talkersBy({ key: 'destination', connections: inStages })[0] ?? null,
    omittedStages: plan.omittedStages,
    ...(images.length === 0 ? {} : { images }),
    ...seenClients,
    ...(jobReason === undefined ? {} : { jobReason }),
    ...(ofEarlier.length === 0 ? {} : { earlierAttemptsBytes: sum(ofEarlier.map(bytesOf)) }),
    ...companionsPart({ plan, series, timelines }),
    ...(plan.sampling?.source === 'companions' ? { sampled: 'companions' } : {}),
  };
}

function companionsPart(input: {
  readonly plan: Pick<Plan, 'stages' | 'companions'>;
  readonly series: SampleSeries;
  readonly timelines: readonly ClosedTimeline[];
}): Pick<Evidence, 'companions'> {
  const { companions } = input.plan;
  if (companions === undefined) return {};
  const containers = new Set(input.plan.stages.filter(({ kind }) => kind === 'container').map(({ name }) => name));
  const spans = input.timelines.flatMap(({ stage, startedAtMs, finishedAtMs }) =>
    startedAtMs === null || finishedAtMs === null || !containers.has(stage)
      ? []
      : [{ stage, fromMs: startedAtMs, toMs: finishedAtMs }],
  );
  return { companions: companionEvidence({ companions, readings: input.series.companions ?? [], spans }) };
}

function isOfNode({
  client,
  clients,
}: {
  readonly client: string;
  readonly clients: KnownClients | undefined;
}): boolean {
  return clients !== undefined && classOf({ client, clients }) === 'node';
}

/** The Job's own words for its failure; an attempt that another one followed has no say. */
function jobReasonOf(transitions: readonly Transition[]): string | undefined {
  const last = transitions
    .filter(({ stage }) => stage === null)
    .toSorted((a, b) => a.atMs - b.atMs)
    .at(-1);
  return last?.phase === 'failed' ? last.reason : undefined;
}

function hasPassed(transitions: readonly Transition[]): boolean {
  return transitions.some(({ stage, phase }) => stage === null && phase === 'finished');
}

function courseOf(
  timeline: StageTimeline,
): Pick<StageEvidence, 'stage' | 'state' | 'startedAtMs' | 'finishedAtMs' | 'exitCode' | 'reason' | 'report'> {
  const { intervals: _, ...course } = timeline;
  return course;
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
