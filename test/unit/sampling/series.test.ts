import { describe, expect, it } from 'vitest';
import { foldSeries } from '../../../src/sampling/series.ts';
import { buildBaseline, connection, outage, reading } from '../../support/record-builder.ts';

const intervalMs = 250;

function totals(series: ReturnType<typeof foldSeries>): readonly number[] {
  return series.points.map((point) => point.totalBytes);
}

describe('a series folded from readings', () => {
  it('counts from the baseline, whose point comes first with zero bytes', () => {
    const baseline = buildBaseline({ atMs: 1000, uploadBytes: 5, downloadBytes: 100 });
    const series = foldSeries({ baseline, intervalMs, readings: [[reading(1250, 130, { uploadTotalBytes: 7 })]] });
    expect(series.points).toEqual([
      { atMs: 1000, totalBytes: 0, unexplainedBytes: 0 },
      { atMs: 1250, totalBytes: 32, unexplainedBytes: 32 },
    ]);
    expect([series.uploadBytes, series.downloadBytes]).toEqual([2, 30]);
  });

  it('counts of a connection that was open at the baseline only what it moved since', () => {
    const baseline = buildBaseline({ downloadBytes: 100, connections: { old: 60 } });
    const series = foldSeries({
      baseline,
      intervalMs,
      readings: [[reading(250, 150, { changed: [connection('old', 90, 0)] })]],
    });
    expect(series.connections).toEqual([
      { client: '10.0.0.1', destination: 'old.example:443', startMs: 0, uploadBytes: 0, downloadBytes: 30 },
    ]);
    expect(series.points.at(-1)).toEqual({ atMs: 250, totalBytes: 50, unexplainedBytes: 20 });
  });

  it('counts of a connection that the baseline had no room for what it moves from its first reading on', () => {
    const baseline = buildBaseline({ atMs: 1_000, downloadBytes: 500, othersOpenedUntilMs: 900 });
    const series = foldSeries({
      baseline,
      intervalMs,
      readings: [
        [
          reading(1_250, 540, { changed: [connection('old', 400, 900), connection('new', 30, 901)] }),
          reading(1_500, 547, { changed: [connection('old', 407)] }),
        ],
      ],
    });
    expect(series.connections.map(({ startMs, downloadBytes }) => [startMs, downloadBytes])).toEqual([
      [900, 7],
      [901, 30],
    ]);
    expect(series.points.at(-1)).toMatchObject({ totalBytes: 47, unexplainedBytes: 10 });
  });

  it('counts on from zero when the totals fall, and states a gap in which more may have moved', () => {
    const series = foldSeries({
      baseline: buildBaseline(),
      intervalMs,
      readings: [[reading(250, 1000), reading(500, 40), reading(750, 60)]],
    });
    expect(totals(series)).toEqual([0, 1000, 1040, 1060]);
    expect(series.restartsAtMs).toEqual([500]);
    expect(series.gaps).toMatchObject([
      { fromMs: 250, toMs: 500, bytes: 40, cause: 'proxy-restarted', mayHaveMore: true },
    ]);
  });

  it('counts on from zero when another life of the proxy answers, although the totals grew', () => {
    const readings = [[reading(250, 1000, { instance: 'a' }), reading(500, 1500, { instance: 'b' })]];
    const series = foldSeries({ baseline: buildBaseline({ instance: 'a' }), intervalMs, readings });
    expect(totals(series)).toEqual([0, 1000, 2500]);
    expect(series.restartsAtMs).toEqual([500]);
  });

  it('counts a restart once when the sampler names the old life for some readings more', () => {
    const readings = [
      [
        reading(250, 1000, { instance: 'a' }),
        reading(500, 40, { instance: 'a' }),
        reading(750, 50, { instance: 'a' }),
        reading(1000, 70, { instance: 'b' }),
      ],
    ];
    const series = foldSeries({ baseline: buildBaseline({ instance: 'a' }), intervalMs, readings });
    expect(totals(series)).toEqual([0, 1000, 1040, 1050, 1070]);
    expect(series.restartsAtMs).toEqual([500]);
  });

  it('takes the same id for a new connection after a restart', () => {
    const readings = [
      [
        reading(250, 1000, { changed: [connection('c', 1000, 10)] }),
        reading(500, 40, { changed: [connection('c', 40, 400)] }),
      ],
    ];
    const series = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(series.connections.map(({ startMs, downloadBytes }) => [startMs, downloadBytes])).toEqual([
      [10, 1000],
      [400, 40],
    ]);
  });

  it('takes an id that comes again with another start for a new connection, though nothing else showed a restart', () => {
    const readings = [
      [
        reading(250, 500, { changed: [connection('1', 500, 10)] }),
        reading(9000, 700, { changed: [connection('1', 700, 8000)] }),
      ],
    ];
    const series = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(series.connections.map(({ downloadBytes }) => downloadBytes)).toEqual([500, 700]);
    expect(series.points.at(-1)?.totalBytes).toBe(1200);
  });

  it('raises the total to what the connections prove, after a restart that the totals alone did not show', () => {
    const readings = [
      [
        reading(250, 500, { changed: [connection('a', 500, 1)] }),
        outage(500, 'gone'),
        reading(9000, 2000, { changed: [connection('b', 2000, 600)] }),
      ],
    ];
    const series = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(series.points.at(-1)).toEqual({ atMs: 9000, totalBytes: 2500, unexplainedBytes: 0 });
    expect(series.uploadBytes + series.downloadBytes).toBe(2500);
  });

  it('states a gap with its bytes and the outage behind it for a pause longer than four intervals and 2 s', () => {
    const readings = [[reading(250, 10), outage(600, 'connect ECONNREFUSED'), reading(2251, 90), reading(4251, 95)]];
    const { gaps } = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(gaps).toEqual([
      {
        fromMs: 250,
        toMs: 2251,
        bytes: 80,
        cause: 'proxy-silent',
        reason: 'the proxy did not answer: connect ECONNREFUSED',
      },
    ]);
  });

  it('needs more than four intervals for a gap where those are longer than 2 s', () => {
    const readings = [[reading(4000, 10), reading(8001, 90)]];
    const { gaps } = foldSeries({ baseline: buildBaseline(), intervalMs: 1000, readings });
    expect(gaps).toMatchObject([{ fromMs: 4000, toMs: 8001, cause: 'no-sampler', reason: 'no reading was taken' }]);
  });

  it('states a silence that no reading ended, however short', () => {
    const readings = [[reading(250, 10), outage(600, 'the last reading failed')]];
    const { gaps } = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(gaps).toMatchObject([{ fromMs: 250, toMs: 600, bytes: 0, cause: 'proxy-silent', mayHaveMore: true }]);
  });

  it('says that no sampler was running between an attempt that died and the next', () => {
    const { gaps } = foldSeries({
      baseline: buildBaseline(),
      intervalMs,
      readings: [[reading(250, 10)], [reading(9000, 30)]],
    });
    expect(gaps).toMatchObject([{ bytes: 20, cause: 'no-sampler', reason: 'no sampler was running' }]);
  });

  it('keeps a connection that the next attempt sees again as one', () => {
    const readings = [
      [reading(250, 10, { changed: [connection('c', 10, 5)] })],
      [reading(500, 30, { changed: [connection('c', 30, 5)] })],
    ];
    const { connections } = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(connections).toMatchObject([{ downloadBytes: 30 }]);
  });

  it('does not take a late first reading of the next attempt for a restart', () => {
    const readings = [
      [reading(250, 100), reading(500, 200)],
      [reading(501, 190), reading(750, 300)],
    ];
    const series = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(totals(series)).toEqual([0, 100, 200, 200, 300]);
    expect(series.restartsAtMs).toEqual([]);
  });

  it('sees a restart between two attempts', () => {
    const readings = [
      [reading(250, 100), reading(3000, 200)],
      [reading(9000, 50), reading(9250, 80)],
    ];
    const series = foldSeries({ baseline: buildBaseline(), intervalMs, readings });
    expect(totals(series)).toEqual([0, 100, 200, 250, 280]);
    expect(series.restartsAtMs).toEqual([9000]);
  });

  it('keeps the order of one attempt when the clock steps back', () => {
    const series = foldSeries({
      baseline: buildBaseline(),
      intervalMs,
      readings: [[reading(5000, 100), reading(1000, 150), reading(1250, 160)]],
    });
    expect(totals(series)).toEqual([0, 100, 150, 160]);
    expect(series.restartsAtMs).toEqual([]);
  });

  it('states a gap where a part of the journal cannot be read', () => {
    const damage = { kind: 'note', about: 'damage', atMs: 250, reason: 'line 2 cannot be read' } as const;
    const { gaps } = foldSeries({
      baseline: buildBaseline(),
      intervalMs,
      readings: [[reading(250, 10), damage, reading(500, 30)]],
    });
    expect(gaps).toEqual([{ fromMs: 250, toMs: 500, bytes: 20, cause: 'journal', reason: 'line 2 cannot be read' }]);
  });

  it('counts readings by the way they came', () => {
    const readings = [[reading(250, 1), reading(500, 2, { via: 'polling' }), reading(750, 3)]];
    expect(foldSeries({ baseline: buildBaseline(), intervalMs, readings }).readings).toEqual({ stream: 2, polling: 1 });
  });
});
