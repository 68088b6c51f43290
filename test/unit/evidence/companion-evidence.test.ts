import { describe, expect, it } from 'vitest';
import { cutEvidence } from '../../../src/evidence/attribute.ts';
import { companionEvidence } from '../../../src/evidence/companion-evidence.ts';
import { emptySeries } from '../../../src/evidence/empty-series.ts';
import type { CompanionReading, CompanionUsage } from '../../../src/evidence/companion-model.ts';
import type { SampleSeries } from '../../../src/evidence/sample-series.ts';
import type { Transition } from '../../../src/evidence/transition.ts';
import { buildStage } from '../../support/plan-builder.ts';
import { buildReading, buildUsage } from '../../support/reading-builder.ts';

const MIB = 1_048_576;
const companion = { name: 'proxy', limits: { memoryMiB: 25, cpuMillicores: 500 } };

function evidenceOf(readings: readonly CompanionReading[], spans = [{ stage: 'load', fromMs: 10, toMs: 20 }]) {
  const [evidence] = companionEvidence({ companions: [companion], readings, spans });
  if (evidence === undefined) throw new Error('one companion has one evidence');
  return evidence;
}

const page = (atMs: number, metrics: Record<string, number>, usage: Partial<CompanionUsage> | null = {}) =>
  buildReading({ atMs, metrics, usage: usage === null ? null : buildUsage(usage) });

describe('the growth of a counter', () => {
  it('is told from the first page to the last, and of what Prometheus calls a counter alone', () => {
    const { growth, metrics } = evidenceOf([
      page(5, { requests_total: 3, in_flight: 1, seconds_sum: 1, seconds_count: 2, 'seconds_bucket{le="1"}': 2 }),
      page(25, { requests_total: 10, in_flight: 9, seconds_sum: 4, seconds_count: 2, 'seconds_bucket{le="1"}': 8 }),
    ]);
    expect(growth).toEqual({ requests_total: 7, seconds_sum: 3, 'seconds_bucket{le="1"}': 6 });
    expect(metrics).toMatchObject({ in_flight: 9 });
  });

  it('counts one that is not on the first page from zero', () => {
    expect(evidenceOf([page(5, { up: 1 }), page(25, { up: 1, errors_total: 2 })]).growth).toEqual({ errors_total: 2 });
  });

  it('takes buckets that were left out of a page in between for no new ones', () => {
    const [first, last] = [
      { 's_bucket{le="1"}': 5, s_count: 6 },
      { 's_bucket{le="1"}': 9, s_count: 12 },
    ];
    const readings = [page(5, first), page(15, { s_count: 8 }), page(25, last)];
    expect(evidenceOf(readings).growth).toEqual({ 's_bucket{le="1"}': 4, s_count: 6 });
    expect(evidenceOf(readings, [{ stage: 'load', fromMs: 16, toMs: 20 }]).stages[0]?.growth).toEqual({ s_count: 4 });
  });

  it.each([
    ['a counter fell', 0, 0],
    ['it was started again and has counted further by then', 0, 1],
  ])('counts from zero where %s', (_, before, after) => {
    const second = after === 0 ? 2 : 12;
    const { growth } = evidenceOf([
      page(5, { requests_total: 10 }, { restarts: before }),
      page(15, { requests_total: second }, { restarts: after }),
    ]);
    expect(growth).toEqual({ requests_total: second });
  });

  it('passes over readings without a page', () => {
    const readings = [page(5, { requests_total: 1 }), page(10, {}), page(25, { requests_total: 4 })];
    expect(evidenceOf(readings).growth).toEqual({ requests_total: 3 });
  });

  it('is told with the moments of the first and the last page', () => {
    const readings = [page(2, {}), page(5, { up: 1 }), page(9, { up: 1 }), page(25, { up: 1 }), page(30, {})];
    expect(evidenceOf(readings).pages).toEqual({ fromMs: 5, toMs: 25 });
    expect(evidenceOf([page(2, {})])).not.toHaveProperty('pages');
  });
});

describe('over a stage', () => {
  it('growth and use are told between the readings closest around it', () => {
    const readings = [
      page(1, { requests_total: 1 }, { periods: 5, throttledPeriods: 0 }),
      page(10, { requests_total: 2 }, { periods: 10, throttledPeriods: 1 }),
      page(15, { requests_total: 50 }, { periods: 50, throttledPeriods: 30 }),
      page(21, { requests_total: 90 }, { periods: 100, throttledPeriods: 60 }),
      page(40, { requests_total: 91 }, { periods: 200, throttledPeriods: 60 }),
    ];
    expect(evidenceOf(readings).stages).toEqual([
      {
        stage: 'load',
        fromMs: 10,
        toMs: 21,
        growth: { requests_total: 88 },
        used: { cpuSeconds: null, periods: 90, throttledPeriods: 59, throttledSeconds: null },
      },
    ]);
  });

  it('use is told between looks on both sides of it, however late they were read', () => {
    const looked = (atMs: number, usageAtMs: number, periods: number): CompanionReading => ({
      ...page(atMs, {}, { periods, throttledPeriods: periods / 2 }),
      usageAtMs,
    });
    const early = [looked(5, 1, 10), looked(12, 8, 20), looked(21, 19, 60)];
    expect(evidenceOf(early).stages[0]?.used).toMatchObject({ periods: null, throttledPeriods: null });
    const late = [...early, looked(40, 38, 100), looked(60, 58, 300)];
    expect(evidenceOf(late).stages[0]?.used).toMatchObject({ periods: 80, throttledPeriods: 40 });
    expect(evidenceOf(late).usageAtMs).toBe(58);
    expect(evidenceOf([page(5, {})])).not.toHaveProperty('usageAtMs');
  });

  it('use of one that has ended is not cut short by readings that tell none', () => {
    const readings = [
      page(5, {}, { periods: 10 }),
      page(15, {}, { periods: 30 }),
      buildReading({ atMs: 25, usage: buildUsage({ restarts: 0 }) }),
    ];
    expect(evidenceOf(readings).stages[0]?.used.periods).toBeNull();
  });

  it('restarts are told as of before it, through all starts', () => {
    const readings = [page(1, {}, { restarts: 1 }), page(9, {}, { restarts: 3 }), page(25, {}, { restarts: 4 })];
    expect(evidenceOf(readings)).toMatchObject({ usage: { restarts: 4 }, stages: [{ restartsBefore: 3 }] });
    expect(evidenceOf([page(1, {}), page(25, {}, { restarts: 4 })]).stages[0]).not.toHaveProperty('restartsBefore');
  });

  it.each([
    ['before', [page(11, {}), page(30, {})]],
    ['after', [page(1, {}), page(19, {})]],
  ])('nothing is told without a reading %s it', (_, readings) => {
    expect(evidenceOf(readings).stages).toEqual([]);
  });
});

describe('what a companion used', () => {
  it('is the last word of each field by itself, whoever told it', () => {
    const last = buildUsage({ restarts: 0, oomKills: 0 });
    const readings = [
      page(5, {}, { memoryBytes: 10, peakMemoryBytes: 30, memoryLimitBytes: 25 * MIB, restarts: 0 }),
      page(15, {}, { memoryBytes: 20, peakMemoryBytes: 40 }),
      buildReading({ atMs: 25, usage: last }),
    ];
    expect(evidenceOf(readings).usage).toEqual({
      ...last,
      memoryBytes: 20,
      peakMemoryBytes: 40,
      memoryLimitBytes: 25 * MIB,
    });
  });

  it('is summed up over starts where each is counted by itself, and has the largest peak of all', () => {
    const readings = [
      page(5, {}, { peakMemoryBytes: 90, periods: 100, cpuSeconds: 4, restarts: 0 }),
      page(15, {}, { peakMemoryBytes: 50, periods: 10, cpuSeconds: 1, restarts: 1 }),
      page(25, {}, { peakMemoryBytes: 60, periods: 30, cpuSeconds: 2, restarts: 1 }),
    ];
    expect(evidenceOf(readings).usage).toMatchObject({ peakMemoryBytes: 90, periods: 130, cpuSeconds: 6, restarts: 1 });
  });

  it('counts each kill for memory once, however often a status tells of it and forgets it again', () => {
    const told = (atMs: number, oomKilledEnds: readonly number[], restarts: number) =>
      buildReading({ atMs, oomKilledEnds, usage: buildUsage({ restarts, oomKills: oomKilledEnds.length }) });
    const twice = [told(1, [], 0), told(2, [1], 1), told(3, [1, 2], 1), told(4, [2], 2), told(5, [], 3)];
    expect(evidenceOf(twice).usage?.oomKills).toBe(2);
    expect(evidenceOf([told(1, [], 0), told(2, [1], 1), told(4, [2], 2)]).usage?.oomKills).toBe(2);
    const child = buildReading({ atMs: 6, oomKilledEnds: [], usage: buildUsage({ restarts: 0, oomKills: 3 }) });
    expect(evidenceOf([told(1, [], 0), child]).usage?.oomKills).toBe(3);
  });

  it('is nothing where no reading told any', () => {
    expect(evidenceOf([page(5, { up: 1 }, null)])).toMatchObject({ readings: 1, usage: null, limits: 'unknown' });
    expect(evidenceOf([])).toMatchObject({ readings: 0, usage: null, growth: {}, stages: [], limits: 'unknown' });
  });
});

it.each([
  ['enforced', { memoryBytes: 1, memoryLimitBytes: 25 * MIB, cpuLimitMillicores: 500 }],
  ['not-enforced', { memoryBytes: 1, memoryLimitBytes: 26 * MIB, cpuLimitMillicores: 500 }],
  ['not-enforced', { memoryBytes: 1, memoryLimitBytes: 25 * MIB, cpuLimitMillicores: null }],
  ['not-enforced', { memoryBytes: 1 }],
  ['unknown', { restarts: 0 }],
])('limits are %s by %j', (limits, usage) => {
  expect(evidenceOf([page(5, {}, usage)]).limits).toBe(limits);
});

it.each<[string, Partial<CompanionUsage>]>([
  ['memory', { memoryLimitBytes: 100 * MIB }],
  ['CPU', { cpuLimitMillicores: 2_000 }],
])('a limit of %s that was raised in the middle was not enforced, whatever it is at the end', (_, raised) => {
  const held = { memoryBytes: 1, memoryLimitBytes: 25 * MIB, cpuLimitMillicores: 500 };
  const readings = [page(5, {}, held), page(15, {}, { ...held, ...raised }), page(25, {}, held)];
  expect(evidenceOf(readings).limits).toBe('not-enforced');
});

it('a companion without limits has none, and the last note is kept until something is told without', () => {
  const readings = [
    buildReading({ note: 'first' }),
    buildReading({ atMs: 2, note: 'second' }),
    buildReading({ atMs: 3 }),
  ];
  const [evidence] = companionEvidence({ companions: [{ name: 'proxy' }], readings, spans: [] });
  expect(evidence).toMatchObject({ limits: 'none', note: 'second' });
  expect(evidenceOf([...readings, page(4, { up: 1 })])).not.toHaveProperty('note');
});

describe('evidence cut from readings of companions', () => {
  const stages = [buildStage({ name: 'load', needsProxyTraffic: false })];
  const plan = { stages, omittedStages: [], companions: [{ ...buildCompanionParts(), name: 'proxy' }] };
  const transitions: readonly Transition[] = [
    { stage: 'load', phase: 'started', atMs: 10_000 },
    { stage: 'load', phase: 'finished', atMs: 20_000, exitCode: 0, report: '{"requests":5}' },
    { stage: null, phase: 'finished', atMs: 20_100 },
  ];
  const seriesOf = (atMs: readonly number[], gaps: SampleSeries['gaps'] = []): SampleSeries => ({
    ...emptySeries({ atMs: 0, intervalMs: 1_000 }),
    gaps,
    companions: atMs.map((each) => buildReading({ atMs: each, metrics: { requests_total: each } })),
  });
  const cut = (series: SampleSeries) => cutEvidence({ plan, series, transitions, endedAtMs: 20_100 });

  it('has the stage’s own report, no bytes, and every companion of the plan', () => {
    const {
      stages: [stage],
      totalBytes,
      companions,
    } = cut(seriesOf([9_000, 15_000, 21_000]));
    expect(stage).toMatchObject({ stage: 'load', report: '{"requests":5}', windowBytes: 0, gap: false });
    expect(totalBytes).toBe(0);
    expect(companions).toMatchObject([
      { name: 'proxy', readings: 3, stages: [{ growth: { requests_total: 12_000 } }] },
    ]);
  });

  it('covers the time from the first reading on: what was before had nothing to be read', () => {
    expect(cut(seriesOf([9_000, 21_000])).coverage).toBe(1);
    const gap = { fromMs: 12_000, toMs: 15_000, bytes: 0, reason: 'no reading was taken' };
    const {
      coverage,
      largestGapMs,
      stages: [stage],
    } = cut(seriesOf([9_000, 21_000], [gap]));
    expect(coverage).toBe(0.75);
    expect(largestGapMs).toBe(3_000);
    expect(stage?.gap).toBe(true);
  });

  it('has a gap from the last reading to the last transition, and over all where nothing was ever read', () => {
    expect(cut(seriesOf([9_000, 10_100])).coverage).toBeCloseTo(1_100 / 11_100);
    expect(cut(seriesOf([])).coverage).toBe(0);
  });
});

function buildCompanionParts() {
  return { image: null, command: ['true'], env: [], files: {}, ready: { port: 1, path: '/' } };
}
