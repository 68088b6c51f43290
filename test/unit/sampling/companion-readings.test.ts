import { describe, expect, it } from 'vitest';
import type { CompanionReading } from '../../../src/evidence/companion-model.ts';
import {
  NOTHING_READ,
  companionSeries,
  heartbeatOf,
  joinProgress,
  withRound,
} from '../../../src/sampling/companion-progress.ts';
import { COMPANION_BOUNDS, boundReadings } from '../../../src/sampling/companion-readings.ts';
import { endedAtMs } from '../../../src/workflows/ended-at.ts';
import { buildReading, buildUsage } from '../../support/reading-builder.ts';

const times = (readings: readonly CompanionReading[], name = 'proxy'): readonly number[] =>
  readings.filter((reading) => reading.name === name).map(({ atMs }) => atMs);

function manyOf(input: { readonly names: readonly string[]; readonly count: number; readonly metrics?: number }) {
  const { names, count, metrics = 0 } = input;
  const entries = Array.from({ length: metrics }, (_, index) => [`metric_number_${index}_total`, index] as const);
  return Array.from({ length: count }, (_, index) =>
    names.map((name) => buildReading({ name, atMs: 1_000 * (index + 1), metrics: Object.fromEntries(entries) })),
  ).flat();
}

describe('the readings of a run', () => {
  it('stay spread over the run when they come one by one, with all that a page counts in them', () => {
    const page = Object.fromEntries([
      ['requests_total', 1],
      ...Array.from({ length: 30 }, (_, index) => [`seconds_bucket{le="0.${index}",verb="GET"}`, index] as const),
    ]);
    const readings = Array.from({ length: 1_000 }, (_, index) => 1_000 * (index + 1)).reduce<
      readonly CompanionReading[]
    >(
      (kept, atMs) =>
        boundReadings([...kept, ...['a', 'b', 'c'].map((name) => buildReading({ name, atMs, metrics: page }))]),
      [],
    );
    expect(JSON.stringify(readings).length).toBeLessThanOrEqual(COMPANION_BOUNDS.bytes);
    for (const name of ['a', 'b', 'c']) {
      const own = times(readings, name);
      expect([own[0], own.at(-1)]).toEqual([1_000, 1_000_000]);
      expect(own).toHaveLength(COMPANION_BOUNDS.readings / 3);
      expect(Math.max(...own.slice(1).map((atMs, index) => atMs - (own[index] ?? 0)))).toBeLessThanOrEqual(64_000);
    }
    const [first, second] = readings.filter(({ name }) => name === 'a');
    expect(Object.keys(first?.metrics ?? {})).toHaveLength(31);
    expect(second?.metrics).toEqual({ requests_total: 1 });
  });

  it('are at most 120, the first and the last of each companion among them, spread evenly', () => {
    const bounded = boundReadings(manyOf({ names: ['a', 'b', 'c'], count: 900 }));
    expect(bounded).toHaveLength(COMPANION_BOUNDS.readings);
    for (const name of ['a', 'b', 'c']) {
      const own = times(bounded, name);
      expect([own[0], own.at(-1)]).toEqual([1_000, 900_000]);
      const apart = own.slice(1).map((atMs, index) => atMs - (own[index] ?? 0));
      expect(Math.max(...apart)).toBeLessThanOrEqual(2 * (900_000 / 39));
    }
  });

  it('fit their bytes, however large the pages: first fewer readings, then fewer metrics, buckets before others', () => {
    const large = boundReadings(manyOf({ names: ['a', 'b'], count: 300, metrics: 64 }));
    expect(JSON.stringify(large).length).toBeLessThanOrEqual(COMPANION_BOUNDS.bytes);
    expect(Object.keys(large[0]?.metrics ?? {})).toHaveLength(64);
    const names = Array.from({ length: 16 }, (_, index) => `companion-${index}`);
    const largest = boundReadings(manyOf({ names, count: 100, metrics: 64 }));
    expect(JSON.stringify(largest).length).toBeLessThanOrEqual(COMPANION_BOUNDS.bytes);
    for (const name of names) expect([times(largest, name)[0], times(largest, name).at(-1)]).toEqual([1_000, 100_000]);
    const more = [...names, ...names.map((name) => `${name}-again`)];
    const cutPages = boundReadings(manyOf({ names: more, count: 100, metrics: 64 }));
    expect(JSON.stringify(cutPages).length).toBeLessThanOrEqual(COMPANION_BOUNDS.bytes);
    expect(cutPages).toHaveLength(2 * more.length);
    expect(Object.keys(cutPages[0]?.metrics ?? {})).toHaveLength(32);
    const buckets = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`t_bucket{le="${index}"}`, index]));
    const [cut] = boundReadings([buildReading({ metrics: { ...buckets, requests_total: 1 } })]);
    expect(Object.keys(cut?.metrics ?? {})).toHaveLength(COMPANION_BOUNDS.metrics);
    expect(cut?.metrics).toHaveProperty('requests_total', 1);
  });

  it('hold each once, in the order of their times', () => {
    const [first, second] = [buildReading({ atMs: 5 }), buildReading({ atMs: 7 })];
    expect(boundReadings([second, first, second, first])).toEqual([first, second]);
  });

  it('hold no value that JSON has not, no endless name and no endless note', () => {
    const metrics = { ok_total: 1, bad: Number.NaN, endless: Number.POSITIVE_INFINITY, [`n${'x'.repeat(200)}`]: 1 };
    expect(boundReadings([buildReading({ metrics, note: 'y'.repeat(999) })])).toEqual([
      buildReading({ metrics: { ok_total: 1 }, note: 'y'.repeat(COMPANION_BOUNDS.noteCharacters) }),
    ]);
  });
});

describe('what a sampler has seen', () => {
  const progressOf = (readings: readonly CompanionReading[]) =>
    readings.reduce((progress, reading) => withRound({ progress, round: [reading], gaps: [] }), NOTHING_READ);

  it('is small enough for a heartbeat', () => {
    const progress = progressOf(manyOf({ names: ['a', 'b', 'c'], count: 60, metrics: 20 }));
    const sent = heartbeatOf(progress);
    expect(JSON.stringify(sent.readings).length).toBeLessThanOrEqual(COMPANION_BOUNDS.heartbeatBytes);
    expect(times(sent.readings, 'a')[0]).toBe(1_000);
    expect(times(sent.readings, 'a').at(-1)).toBe(60_000);
  });

  it('is joined with what another attempt saw', () => {
    const [one, two] = [
      progressOf([buildReading({ atMs: 1 }), buildReading({ atMs: 2 })]),
      progressOf([buildReading({ atMs: 3 })]),
    ];
    expect(times(joinProgress(one, two).readings)).toEqual([1, 2, 3]);
    expect(joinProgress(two, one)).toEqual(joinProgress(one, two));
  });

  it('keeps 60 gaps, the earliest joined', () => {
    const gap = (index: number) => ({ fromMs: index * 10, toMs: index * 10 + 5, bytes: 0, reason: 'x' });
    let progress = NOTHING_READ;
    for (let index = 0; index < 62; index++) progress = withRound({ progress, round: [], gaps: [gap(index)] });
    expect(progress.gaps).toHaveLength(60);
    expect(progress.gaps[0]).toMatchObject({ fromMs: 0, toMs: 25 });
  });

  it('becomes a series without bytes that tells when something was started again', () => {
    const usage = (restarts: number) => buildUsage({ restarts });
    const readings = [
      buildReading({ atMs: 5, usage: usage(0) }),
      buildReading({ atMs: 6, usage: usage(2) }),
      buildReading({ atMs: 7, name: 'other', usage: usage(1) }),
      buildReading({ atMs: 8, usage: usage(2) }),
    ];
    const series = companionSeries({ progress: progressOf(readings), atMs: 1, intervalMs: 100 });
    expect(series).toMatchObject({
      points: [
        { atMs: 1, totalBytes: 0, unexplainedBytes: 0 },
        { atMs: 8, totalBytes: 0, unexplainedBytes: 0 },
      ],
      connections: [],
      restartsAtMs: [6, 6, 7],
      readings: { stream: 0, polling: 4 },
      companions: readings,
    });
  });

  it('ends with its last reading, so that a stage that the run cut short ends there and not where it began', () => {
    const readings = [buildReading({ atMs: 1_000 }), buildReading({ atMs: 6_000 })];
    const series = companionSeries({ progress: progressOf(readings), atMs: 500, intervalMs: 1_000 });
    const transitions = [{ stage: 'load', phase: 'started', atMs: 1_100 } as const];
    expect(endedAtMs({ transitions, series })).toBe(6_000);
    expect(companionSeries({ progress: NOTHING_READ, atMs: 500, intervalMs: 1_000 }).points).toHaveLength(1);
  });
});
