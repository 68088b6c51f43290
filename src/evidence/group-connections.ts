// Which stage's interval each connection opened in, of those that its client can have opened it in.
import type { Plan, Stage } from '../plan/plan.ts';
import { classOf, mayBeOf } from './client-class.ts';
import { type StageStretch, closedTimelines } from './closed-timelines.ts';
import type { KnownClients } from './evidence.ts';
import type { ObservedConnection } from './sample-series.ts';
import type { Transition } from './transition.ts';
import { findInterval } from './find-interval.ts';
import type { TimelineInterval } from './intervals.ts';
import { type StageWindow, stageWindows } from './stage-windows.ts';

/** What decides whose a connection may be. */
export interface Grouping {
  readonly kinds: ReadonlyMap<string, Stage['kind']>;
  readonly clients: KnownClients | undefined;
  readonly toleranceMs: number;
}

/** The connections that opened in each interval; those that opened in none, or could not be of it, are in no group. */
export function groupByInterval(
  input: Grouping & {
    readonly connections: readonly ObservedConnection[];
    readonly windows: readonly StageWindow<StageStretch>[];
  },
): ReadonlyMap<TimelineInterval, readonly ObservedConnection[]> {
  const { connections, windows, kinds, clients, toleranceMs } = input;
  const grouped = new Map<TimelineInterval, ObservedConnection[]>();
  for (const connection of connections) {
    const { startMs, client } = connection;
    const intervals = clients === undefined ? windows : windowsOf({ client, clients, windows, kinds });
    const interval = findInterval({ intervals, fromMs: startMs, toMs: startMs, toleranceMs })?.interval;
    if (interval === undefined) continue;
    const group = grouped.get(interval);
    if (group === undefined) grouped.set(interval, [connection]);
    else group.push(connection);
  }
  return grouped;
}

/** What stages of earlier attempts opened, of connections that no stage of the last one has. */
export function connectionsOfEarlier(
  input: Grouping & {
    readonly connections: readonly ObservedConnection[];
    readonly stages: Plan['stages'];
    readonly transitions: readonly Transition[];
    readonly earlierTransitions: readonly Transition[];
    readonly endedAtMs: number;
  },
): readonly ObservedConnection[] {
  const { stages, transitions, earlierTransitions, endedAtMs } = input;
  const nextAtMs = transitions.reduce((first, { atMs }) => Math.min(first, atMs), endedAtMs);
  const timelines = closedTimelines({ stages, transitions: earlierTransitions, endedAtMs: nextAtMs });
  const intervals = timelines.flatMap((timeline) => timeline.intervals);
  const windows = stageWindows({ intervals, stamped: input.clients !== undefined });
  return [...groupByInterval({ ...input, windows }).values()].flat();
}

function windowsOf(input: {
  readonly client: string;
  readonly clients: KnownClients;
  readonly windows: readonly StageWindow<StageStretch>[];
  readonly kinds: ReadonlyMap<string, Stage['kind']>;
}): readonly StageWindow<StageStretch>[] {
  const { client, clients, windows, kinds } = input;
  const clientClass = classOf({ client, clients });
  return windows.filter(({ stage }) => mayBeOf({ kind: kinds.get(stage) ?? 'container', clientClass, clients }));
}
