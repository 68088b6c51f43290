// Keeps the readings of companions few and small whatever the run, for they travel through heartbeats and the history.
import type { CompanionReading } from '../evidence/companion-model.ts';

/** What the readings of one run are at most, all companions together. */
export const COMPANION_BOUNDS = {
  readings: 120,
  /** Of the whole list as JSON, in a series and in a heartbeat, which is sent once a second. */
  bytes: 64_000,
  heartbeatBytes: 16_000,
  metrics: 64,
  keyCharacters: 120,
  noteCharacters: 200,
} as const;

/**
 * Ordered by time, each once. Of too many the one goes whose neighbours, of the same companion, are closest in time: done
 * again and again, as readings come in, that still leaves them spread over the run. Of too large ones all but the first and
 * the last of each companion lose their histogram buckets before any is dropped; where even those two of each are too large,
 * their pages lose their last metrics, buckets before all others.
 */
export function boundReadings(
  readings: readonly CompanionReading[],
  maxBytes: number = COMPANION_BOUNDS.bytes,
): readonly CompanionReading[] {
  const metrics = COMPANION_BOUNDS.metrics;
  const ordered = eachOnce(readings.map(withPlainText)).toSorted((a, b) => a.atMs - b.atMs);
  const few = withoutClosest({
    readings: ordered.map((reading) => withMetrics({ reading, metrics })),
    isEnough: ({ count }) => count <= COMPANION_BOUNDS.readings,
  });
  if (bytesOf(few) <= maxBytes) return few;
  const light = withoutInnerBuckets(few);
  const bounded = withoutClosest({ readings: light, isEnough: ({ bytes }) => bytes <= maxBytes });
  return withFewerMetrics({ readings: bounded, maxBytes });
}

function bytesOf(readings: readonly CompanionReading[]): number {
  return JSON.stringify(readings).length;
}

/** As few metrics as make them fit. */
function withFewerMetrics(input: {
  readonly readings: readonly CompanionReading[];
  readonly maxBytes: number;
}): readonly CompanionReading[] {
  let bounded = input.readings;
  for (let metrics = COMPANION_BOUNDS.metrics / 2; bytesOf(bounded) > input.maxBytes; metrics /= 2) {
    bounded = bounded.map((reading) => withMetrics({ reading, metrics: Math.floor(metrics) }));
    if (metrics < 1) break;
  }
  return bounded;
}

function withoutInnerBuckets(readings: readonly CompanionReading[]): readonly CompanionReading[] {
  const ends = new Set(ofEach(readings).flatMap((group) => [group[0], group.at(-1)]));
  return readings.map((reading) => {
    if (ends.has(reading)) return reading;
    const others = Object.entries(reading.metrics).filter(([name]) => !isBucket(name));
    return { ...reading, metrics: Object.fromEntries(others) };
  });
}

/** A companion that has ended is told of again and again, at the moment of its end. */
function eachOnce(readings: readonly CompanionReading[]): readonly CompanionReading[] {
  return [...new Map(readings.map((reading) => [`${reading.atMs} ${reading.name}`, reading])).values()];
}

function ofEach(readings: readonly CompanionReading[]): readonly (readonly CompanionReading[])[] {
  return [...Map.groupBy(readings, ({ name }) => name).values()];
}

/** Drops one after another until it is enough, or only the first and the last of each companion are left. */
function withoutClosest(input: {
  readonly readings: readonly CompanionReading[];
  readonly isEnough: (size: { readonly count: number; readonly bytes: number }) => boolean;
}): readonly CompanionReading[] {
  const groups = ofEach(input.readings).map((group) => [...group]);
  const size = { count: input.readings.length, bytes: bytesOf(input.readings) };
  while (!input.isEnough(size)) {
    const closest = groups
      .map(closestOf)
      .toSorted((a, b) => a.apartMs - b.apartMs || b.group.length - a.group.length)[0];
    const [dropped] = closest?.group.splice(closest.index, closest.index === 0 ? 0 : 1) ?? [];
    if (dropped === undefined) break;
    size.count -= 1;
    size.bytes -= JSON.stringify(dropped).length + 1;
  }
  const kept = new Set(groups.flat());
  return input.readings.filter((reading) => kept.has(reading));
}

interface Closest {
  readonly group: CompanionReading[];
  /** 0 where none may go. */
  readonly index: number;
  /** Between its neighbours. */
  readonly apartMs: number;
}

function closestOf(group: CompanionReading[]): Closest {
  let closest: Closest = { group, index: 0, apartMs: Number.POSITIVE_INFINITY };
  for (let index = 1; index < group.length - 1; index++) {
    const apartMs = (group[index + 1]?.atMs ?? 0) - (group[index - 1]?.atMs ?? 0);
    if (apartMs < closest.apartMs) closest = { group, index, apartMs };
  }
  return closest;
}

function withMetrics(input: { readonly reading: CompanionReading; readonly metrics: number }): CompanionReading {
  const { reading, metrics } = input;
  const entries = Object.entries(reading.metrics).filter(([, value]) => Number.isFinite(value));
  const buckets = entries.filter(([name]) => isBucket(name));
  const kept = new Set([...entries.filter(([name]) => !isBucket(name)), ...buckets].slice(0, metrics));
  return { ...reading, metrics: Object.fromEntries(entries.filter((entry) => kept.has(entry))) };
}

function isBucket(name: string): boolean {
  return /_bucket(?:\{|$)/.test(name);
}

function withPlainText(reading: CompanionReading): CompanionReading {
  const { metrics, note } = reading;
  const short = Object.entries(metrics).filter(([name]) => name.length <= COMPANION_BOUNDS.keyCharacters);
  return {
    ...reading,
    metrics: Object.fromEntries(short),
    ...(note === undefined ? {} : { note: note.slice(0, COMPANION_BOUNDS.noteCharacters) }),
  };
}
