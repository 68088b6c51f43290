import { describe, expect, it } from 'vitest';
import type { SampleSeries } from '../../../src/evidence/sample-series.ts';
import { bytesOf } from '../../../src/evidence/talkers.ts';
import { emptySeries } from '../../../src/evidence/empty-series.ts';
import { SERIES_BOUNDS, boundSeries } from '../../../src/sampling/bound-series.ts';
import { randomFrom, upTo } from '../../support/random-from.ts';

const base = emptySeries({ atMs: 0, intervalMs: 250 });
const HUGE = Number.MAX_SAFE_INTEGER;

function pointsOf(totals: readonly number[]): SampleSeries['points'] {
  return totals.map((totalBytes, index) => ({ atMs: index * 250, totalBytes, unexplainedBytes: 0 }));
}

function sum(series: SampleSeries): number {
  return series.connections.reduce((total, connection) => total + bytesOf(connection), 0);
}

describe('a bounded series', () => {
  it('keeps of a quiet time only the points next to a change, and the first and last', () => {
    const { points } = boundSeries({ ...base, points: pointsOf([0, 0, 0, 5, 5, 5, 5, 9, 9, 9]) });
    expect(points.map((point) => point.atMs / 250)).toEqual([0, 2, 3, 6, 7, 9]);
  });

  it('thins points beyond 750 to equal stretches and keeps the first and last', () => {
    const points = pointsOf(Array.from({ length: 20_000 }, (_, index) => index));
    const kept = boundSeries({ ...base, points }).points;
    expect(kept.length).toBeLessThanOrEqual(SERIES_BOUNDS.points);
    expect(kept.length).toBeGreaterThan(SERIES_BOUNDS.points - 10);
    expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
  });

  it('merges the smallest connections of one client to one destination within a second, and keeps the sum', () => {
    const connections = Array.from({ length: 1000 }, (_, index) => ({
      client: '10.0.0.1',
      destination: 'registry.example:443',
      startMs: Math.floor(index / 10) * 1000 + (index % 10),
      uploadBytes: 1,
      downloadBytes: index,
    }));
    const bounded = boundSeries({ ...base, connections });
    expect(bounded.connections.length).toBeLessThanOrEqual(SERIES_BOUNDS.connections);
    expect(sum(bounded)).toBe(sum({ ...base, connections }));
    // The small ones of second 3 became one, and it starts when its largest part did.
    expect(bounded.connections.filter(({ startMs }) => Math.floor(startMs / 1000) === 3)).toEqual([
      {
        client: '10.0.0.1',
        destination: 'registry.example:443',
        startMs: 3009,
        uploadBytes: 10,
        downloadBytes: 345,
        mergedStarts: { fromMs: 3000, toMs: 3009 },
      },
    ]);
  });

  it('gives up destinations before clients, which tell whose the bytes are', () => {
    const connections = Array.from({ length: 5000 }, (_, index) => ({
      client: `10.0.0.${index % 3}`,
      destination: `host-${index}:443`,
      startMs: index * 7,
      uploadBytes: 0,
      downloadBytes: 5000 - index,
    }));
    const bounded = boundSeries({ ...base, connections }).connections;
    expect(bounded.length).toBeLessThanOrEqual(SERIES_BOUNDS.connections);
    expect(new Set(bounded.map(({ client }) => client))).toEqual(new Set(['10.0.0.0', '10.0.0.1', '10.0.0.2']));
    expect(bounded.some(({ destination }) => destination === 'several')).toBe(true);
    expect(sum({ ...base, connections: bounded })).toBe(sum({ ...base, connections }));
  });

  it('keeps the names of the largest clients where there are more clients than a series has room for', () => {
    const crowd = Array.from({ length: 400 * 20 }, (_, index) => ({
      client: `10.0.${index % 400}.1`,
      destination: `host-${index}:443`,
      startMs: index * 7,
      uploadBytes: 0,
      downloadBytes: 1_000,
    }));
    const own = Array.from({ length: 200 }, (_, index) => ({
      client: '10.244.0.17',
      destination: 'git.example:443',
      startMs: index * 250,
      uploadBytes: 0,
      downloadBytes: 999,
    }));
    const bounded = boundSeries({ ...base, connections: [...crowd, ...own] }).connections;
    expect(bounded.length).toBeLessThanOrEqual(SERIES_BOUNDS.connections);
    const ofOwn = bounded.filter(({ client }) => client === '10.244.0.17');
    expect(ofOwn.reduce((total, each) => total + bytesOf(each), 0)).toBe(200 * 999);
    expect(ofOwn.length).toBeGreaterThan(8);
  });

  it('gives up names where even those are too many, and keeps the sum', () => {
    const connections = Array.from({ length: 5000 }, (_, index) => ({
      client: `10.0.${index}`,
      destination: `host-${index}:443`,
      startMs: index * 7,
      uploadBytes: index,
      downloadBytes: 3,
    }));
    const bounded = boundSeries({ ...base, connections });
    expect(bounded.connections.length).toBeLessThanOrEqual(SERIES_BOUNDS.connections);
    expect(sum(bounded)).toBe(sum({ ...base, connections }));
  });

  it('joins the gaps closest together and keeps that more may have moved', () => {
    const gaps = Array.from({ length: 61 }, (_, index) => ({
      fromMs: index * 100,
      toMs: index * 100 + 10,
      bytes: 1,
      reason: `${index}`,
    }));
    gaps[30] = { fromMs: 2905, toMs: 3010, bytes: 1, reason: 'restart' };
    const lossy = gaps.map((gap, index) => (index === 30 ? { ...gap, mayHaveMore: true } : gap));
    const bounded = boundSeries({ ...base, gaps: lossy }).gaps;
    expect(bounded).toHaveLength(60);
    expect(bounded[29]).toEqual({ fromMs: 2900, toMs: 3010, bytes: 2, reason: 'restart', mayHaveMore: true });
  });

  it('serialises below 200 KB with the longest values in every field', () => {
    const random = randomFrom(7);
    const name = (): string => Array.from({ length: 400 }, () => String.fromCharCode(upTo(random, 0xffff))).join('');
    const bounded = boundSeries({
      intervalMs: 60_000,
      points: Array.from({ length: 30_000 }, (_, i) => ({
        atMs: 1_800_000_000_000 + i * 250,
        totalBytes: HUGE - 30_000 + i,
        unexplainedBytes: HUGE - 1,
      })),
      connections: Array.from({ length: 5000 }, (_, i) => ({
        client: name(),
        destination: name(),
        startMs: 1_800_000_000_000 + i,
        uploadBytes: Math.floor(HUGE / 5000) - 1,
        downloadBytes: Math.floor(HUGE / 5000) - 1,
      })),
      gaps: Array.from({ length: 2000 }, (_, i) => ({
        fromMs: 1_800_000_000_000 + i * 10,
        toMs: 1_800_000_000_005 + i * 10,
        bytes: HUGE / 5000,
        reason: name(),
        cause: 'proxy-restarted' as const,
        mayHaveMore: true,
      })),
      restartsAtMs: Array.from({ length: 9000 }, (_, i) => 1_800_000_000_000 + i),
      readings: { stream: HUGE, polling: HUGE },
      uploadBytes: HUGE,
      downloadBytes: HUGE,
    });
    expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThan(200_000);
  });
});
