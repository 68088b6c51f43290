// Keeps a series below 200 KB whatever the run, for it travels through the workflow's history.
import type { ObservedConnection, SampleSeries, SamplingGap, TotalsPoint } from '../evidence/sample-series.ts';
import { bytesOf, talkersBy } from '../evidence/talkers.ts';

/** What a series holds at most; the longest values of every field together stay below 200,000 bytes. */
export const SERIES_BOUNDS = {
  points: 750,
  connections: 320,
  gaps: 60,
  restarts: 200,
  clientCharacters: 64,
  destinationCharacters: 100,
  reasonCharacters: 140,
} as const;

/** Stands in place of names that were merged. */
const SEVERAL = 'several';

const FIRST_BUCKET_MS = 1000;

/** So many clients keep their names whatever the crowd: the run's own are among the largest, or else hardly judged. */
const CLIENTS_IN_A_CROWD = 8;

/**
 * Bounds a series without changing its sums. Points between two equal neighbours are dropped; of more than 750, the last
 * one in each of ever longer stretches is kept, the first and last always. Of more than 320 connections the smallest
 * are merged: those of one client to one destination that opened within 1 s of one another, then 2 s, 4 s and so on, then
 * those of one client, then also those of any clients but the eight largest, then any. A merged one starts when its
 * largest part did, and says when the first and the last part did. Of more than 60 gaps, the closest together become one.
 */
export function boundSeries(series: SampleSeries): SampleSeries {
  return {
    ...series,
    points: thinned(series.points.filter(isTelling)),
    connections: merged(series.connections.map(withShortNames)),
    gaps: joined(series.gaps).map((gap) => ({ ...gap, reason: plain(gap.reason, SERIES_BOUNDS.reasonCharacters) })),
    restartsAtMs: series.restartsAtMs.slice(0, SERIES_BOUNDS.restarts),
  };
}

function isTelling(point: TotalsPoint, index: number, points: readonly TotalsPoint[]): boolean {
  const [before, after] = [points[index - 1], points[index + 1]];
  return before === undefined || after === undefined || !isSame(before, point) || !isSame(point, after);
}

function isSame(a: TotalsPoint, b: TotalsPoint): boolean {
  return a.totalBytes === b.totalBytes && a.unexplainedBytes === b.unexplainedBytes;
}

function thinned(points: readonly TotalsPoint[]): readonly TotalsPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length <= SERIES_BOUNDS.points) return points;
  const spanMs = last.atMs - first.atMs + 1;
  // Two places are for the first and the last point.
  const spacingMs = spanMs / (SERIES_BOUNDS.points - 2);
  const bucketOf = (point: TotalsPoint): number => Math.floor((point.atMs - first.atMs) / spacingMs);
  return points.filter((point, index) => {
    const next = points[index + 1];
    return index === 0 || next === undefined || bucketOf(next) !== bucketOf(point);
  });
}

function merged(connections: readonly ObservedConnection[]): readonly ObservedConnection[] {
  if (connections.length <= SERIES_BOUNDS.connections) return connections;
  const largestFirst = connections.toSorted((a, b) => bytesOf(b) - bytesOf(a) || a.startMs - b.startMs);
  const kept = largestFirst.slice(0, SERIES_BOUNDS.connections / 2);
  const rest = largestFirst.slice(SERIES_BOUNDS.connections / 2);
  const starts = rest.map((connection) => connection.startMs);
  const spanMs = starts.reduce((a, b) => Math.max(a, b), 0) - starts.reduce((a, b) => Math.min(a, b), Infinity);
  const room = SERIES_BOUNDS.connections - kept.length;
  const all = new Set(connections.map(({ client }) => client));
  const largest = new Set(
    talkersBy({ key: 'client', connections })
      .slice(0, CLIENTS_IN_A_CROWD)
      .map(({ name }) => name),
  );
  const levels = [
    { clients: all, destinations: true },
    { clients: all, destinations: false },
    { clients: largest, destinations: false },
  ];
  for (const level of levels) {
    for (let bucketMs = FIRST_BUCKET_MS; bucketMs < 4 * (spanMs + FIRST_BUCKET_MS); bucketMs *= 2) {
      const groups = grouped({ connections: rest, bucketMs, ...level });
      if (groups.length <= room) return [...kept, ...groups].sort((a, b) => a.startMs - b.startMs);
    }
  }
  return [
    ...kept,
    ...grouped({ connections: rest, bucketMs: Number.POSITIVE_INFINITY, clients: new Set(), destinations: false }),
  ];
}

/** Names go where there are more than a series has room for: destinations first, for a client tells whose the bytes are. */
function grouped(input: {
  readonly connections: readonly ObservedConnection[];
  readonly bucketMs: number;
  /** Those that keep their names. */
  readonly clients: ReadonlySet<string>;
  readonly destinations: boolean;
}): readonly ObservedConnection[] {
  const groups = new Map<string, ObservedConnection>();
  // The largest comes first and lends the group its start.
  for (const connection of input.connections) {
    const client = input.clients.has(connection.client) ? connection.client : SEVERAL;
    const destination = input.destinations ? connection.destination : SEVERAL;
    const key = `${Math.floor(connection.startMs / input.bucketMs)} ${client} ${destination}`;
    const group = groups.get(key);
    groups.set(key, group === undefined ? { ...connection, client, destination } : together(group, connection));
  }
  return [...groups.values()];
}

function together(group: ObservedConnection, part: ObservedConnection): ObservedConnection {
  const { fromMs, toMs } = group.mergedStarts ?? { fromMs: group.startMs, toMs: group.startMs };
  return {
    ...group,
    uploadBytes: group.uploadBytes + part.uploadBytes,
    downloadBytes: group.downloadBytes + part.downloadBytes,
    mergedStarts: { fromMs: Math.min(fromMs, part.startMs), toMs: Math.max(toMs, part.startMs) },
  };
}

function joined(gaps: readonly SamplingGap[]): readonly SamplingGap[] {
  const left = [...gaps];
  while (left.length > SERIES_BOUNDS.gaps) {
    let closest = 0;
    for (let index = 1; index < left.length - 1; index++) {
      if (pauseAfter(left, index) < pauseAfter(left, closest)) closest = index;
    }
    const [one, two] = left.slice(closest, closest + 2);
    if (one === undefined || two === undefined) break;
    left.splice(closest, 2, joinedPair(one, two));
  }
  return left;
}

function pauseAfter(gaps: readonly SamplingGap[], index: number): number {
  return (gaps[index + 1]?.fromMs ?? Infinity) - (gaps[index]?.toMs ?? 0);
}

/** Keeps the reason that says most about what may be missing. */
function joinedPair(one: SamplingGap, two: SamplingGap): SamplingGap {
  const telling = two.mayHaveMore === true && one.mayHaveMore !== true ? two : one;
  return { ...telling, fromMs: one.fromMs, toMs: two.toMs, bytes: one.bytes + two.bytes };
}

function withShortNames(connection: ObservedConnection): ObservedConnection {
  return {
    ...connection,
    client: plain(connection.client, SERIES_BOUNDS.clientCharacters),
    destination: plain(connection.destination, SERIES_BOUNDS.destinationCharacters),
  };
}

/** Printable ASCII that JSON needs not escape, so that characters are bytes. */
function plain(text: string, maxCharacters: number): string {
  const safe = text.slice(0, maxCharacters + 1).replace(/["\\]|[^ -~]/g, '?');
  return safe.length <= maxCharacters ? safe : `${safe.slice(0, maxCharacters - 3)}...`;
}
