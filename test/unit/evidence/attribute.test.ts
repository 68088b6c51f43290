import { describe, expect, it } from 'vitest';
import { cutEvidence } from '../../../src/evidence/attribute.ts';
import { emptySeries } from '../../../src/evidence/empty-series.ts';
import type { Evidence, KnownClients } from '../../../src/evidence/evidence.ts';
import type { ObservedConnection, SampleSeries, SamplingGap } from '../../../src/evidence/sample-series.ts';
import type { Transition } from '../../../src/evidence/transition.ts';
import { buildStage } from '../../support/plan-builder.ts';
import { type Random, randomFrom, upTo } from '../../support/random-from.ts';

const plan = {
  stages: [buildStage({ name: 'a', note: 'a note' }), buildStage({ name: 'b' })],
  omittedStages: [{ name: 'c', reason: 'no tool' }],
};
const transitions: readonly Transition[] = [
  { stage: 'a', phase: 'started', atMs: 1000 },
  { stage: 'a', phase: 'finished', atMs: 3000, exitCode: 0 },
  { stage: 'b', phase: 'started', atMs: 3000 },
  { stage: 'b', phase: 'finished', atMs: 5000 },
];

function conn(startMs: number, downloadBytes: number, more: Partial<ObservedConnection> = {}): ObservedConnection {
  return { client: 'c1', destination: 'd1:443', startMs, uploadBytes: 0, downloadBytes, ...more };
}
function series(overrides: Partial<SampleSeries>): SampleSeries {
  return { ...emptySeries({ atMs: 0, intervalMs: 1000 }), ...overrides };
}
function point(atMs: number, totalBytes: number, unexplainedBytes: number): SampleSeries['points'][number] {
  return { atMs, totalBytes, unexplainedBytes };
}
function cut(
  overrides: Partial<SampleSeries>,
  more: { toleranceMs?: number; transitions?: readonly Transition[]; clients?: KnownClients } = {},
): Evidence {
  return cutEvidence({ plan, series: series(overrides), transitions, endedAtMs: 5000, ...more });
}
function stageOf(evidence: Evidence, name: string): Evidence['stages'][number] {
  const found = evidence.stages.find(({ stage }) => stage === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
}

describe('evidence cut by stages', () => {
  it('gives a connection to the stage it opened in, all its bytes, however late they moved', () => {
    const points = [point(0, 0, 0), point(2000, 40, 0), point(5000, 100, 0)];
    const evidence = cut({ points, connections: [conn(1500, 100, { uploadBytes: 0 })] });
    expect(stageOf(evidence, 'a')).toEqual({
      stage: 'a',
      state: 'passed',
      startedAtMs: 1000,
      finishedAtMs: 3000,
      exitCode: 0,
      note: 'a note',
      durationMs: 2000,
      windowBytes: 100,
      attributedBytes: 100,
      unattributedBytes: 0,
      contestedBytes: 0,
      rateBytesPerSecond: 50,
      cumulativeBytes: 100,
      topClient: { name: 'c1', bytes: 100 },
      topDestination: { name: 'd1:443', bytes: 100 },
      gap: false,
    });
    expect(stageOf(evidence, 'b')).toMatchObject({ attributedBytes: 0, topClient: null });
  });

  it('lets stages contest the bytes that nothing explains between readings that touch both, or stand far apart', () => {
    const points = [point(-2000, 0, 0), point(2500, 10, 10), point(3500, 40, 40), point(8000, 45, 45)];
    const evidence = cut({ points });
    const seen = ['a', 'b'].map((name) => {
      const { unattributedBytes, contestedBytes } = stageOf(evidence, name);
      return { unattributedBytes, contestedBytes };
    });
    expect(seen).toEqual([
      { unattributedBytes: 0, contestedBytes: 40 },
      { unattributedBytes: 0, contestedBytes: 35 },
    ]);
    expect(evidence.unattributedBytes).toBe(45);
  });

  it('gives a connection on the boundary to the stage that began there', () => {
    const evidence = cut({ points: [point(0, 0, 0), point(5000, 7, 0)], connections: [conn(3000, 7)] });
    expect([stageOf(evidence, 'a').attributedBytes, stageOf(evidence, 'b').attributedBytes]).toEqual([0, 7]);
  });

  it('gives a connection in two overlapping intervals to the one that began later', () => {
    const overlapping: readonly Transition[] = [
      { stage: 'a', phase: 'started', atMs: 1000 },
      { stage: 'b', phase: 'started', atMs: 2000 },
      { stage: 'b', phase: 'finished', atMs: 3000 },
      { stage: 'a', phase: 'finished', atMs: 5000 },
    ];
    const connections = [conn(1500, 1), conn(2500, 10), conn(4000, 100)];
    const evidence = cut({ points: [point(0, 0, 0), point(5000, 111, 0)], connections }, { transitions: overlapping });
    expect([stageOf(evidence, 'a').attributedBytes, stageOf(evidence, 'b').attributedBytes]).toEqual([101, 10]);
  });

  it('counts connections that opened outside every stage as outside', () => {
    const evidence = cut({
      points: [point(0, 0, 0), point(5000, 30, 0)],
      connections: [conn(500, 10), conn(5001, 20)],
    });
    expect(evidence).toMatchObject({
      totalBytes: 30,
      attributedBytes: 0,
      outsideBytes: 30,
      unattributedBytes: 0,
      attributedShare: 0,
    });
  });

  it('takes a connection within the tolerance into the nearest stage', () => {
    const evidence = cut(
      { points: [point(0, 0, 0), point(5000, 30, 0)], connections: [conn(900, 10), conn(5101, 20)] },
      { toleranceMs: 100 },
    );
    expect(evidence).toMatchObject({ attributedBytes: 10, outsideBytes: 20 });
  });

  it('gives unexplained bytes to the only stage that their readings touch, and across a boundary to the run alone', () => {
    const points = [point(0, 0, 0), point(1500, 5, 5), point(2500, 15, 15), point(3500, 40, 40), point(4500, 100, 100)];
    const evidence = cut({ points });
    expect([stageOf(evidence, 'a').unattributedBytes, stageOf(evidence, 'b').unattributedBytes]).toEqual([15, 60]);
    expect(evidence.unattributedBytes).toBe(100);
  });

  it('gives a stage no unexplained bytes of readings that reach out of it once somebody else was seen', () => {
    const points = [point(0, 0, 0), point(1500, 5, 5), point(2500, 15, 15), point(3500, 40, 40), point(4500, 100, 100)];
    const clients = { pod: ['10.42.0.7'], node: ['10.42.0.1'] };
    const stamped = transitions.map((each) => ({ ...each, atMs: each.atMs + 1 }));
    const own = { ...conn(1200, 1), client: '10.42.0.7' };
    const stranger = { ...conn(1300, 1), client: '10.42.0.9' };
    const bytesOfA = (connections: readonly ObservedConnection[]): number =>
      stageOf(cut({ points, connections }, { clients, transitions: stamped }), 'a').unattributedBytes;
    expect(bytesOfA([own])).toBe(15);
    expect(bytesOfA([own, stranger])).toBe(10);
  });

  it('does not count as unattributed what a later reading explained', () => {
    const points = [
      point(0, 0, 0),
      point(1500, 50, 50),
      point(2500, 90, 90),
      point(3500, 100, 20),
      point(4000, 100, 20),
      point(4500, 110, 30),
    ];
    const evidence = cut({ points, connections: [conn(1200, 80)] });
    // Of the 50 before 1500 later readings left 20 unexplained.
    expect(stageOf(evidence, 'a')).toMatchObject({ attributedBytes: 80, unattributedBytes: 20 });
    expect(stageOf(evidence, 'b').unattributedBytes).toBe(10);
    expect(evidence.unattributedBytes).toBe(30);
  });

  it('leaves unexplained bytes where they arose when connections ran ahead of the totals in a later reading', () => {
    const points = [
      point(0, 0, 0),
      point(1500, 50, 50),
      point(2500, 90, 90),
      // The connection has 40 here of which the totals hold 10 so far; the next totals hold them all.
      point(3500, 100, 60),
      point(4500, 135, 90),
    ];
    const evidence = cut({ points, connections: [conn(3200, 45)] });
    expect(stageOf(evidence, 'a')).toMatchObject({ attributedBytes: 0, unattributedBytes: 90 });
    expect(stageOf(evidence, 'b')).toMatchObject({ attributedBytes: 45, unattributedBytes: 0 });
  });

  it("tells as a stage's cumulative bytes the total at the first reading at or after its end", () => {
    const points = [point(0, 0, 0), point(2900, 10, 10), point(3100, 20, 20), point(4900, 30, 30)];
    const evidence = cut({ points });
    expect(evidence.stages.map(({ cumulativeBytes }) => cumulativeBytes)).toEqual([20, 30]);
  });

  it('flags the stages that a gap overlaps and tells the share of time outside gaps', () => {
    const gaps: SamplingGap[] = [{ fromMs: 3500, toMs: 4500, bytes: 3, reason: 'x' }];
    const evidence = cut({ points: [point(0, 0, 0), point(5000, 3, 3)], gaps });
    expect(evidence.stages.map(({ gap }) => gap)).toEqual([false, true]);
    expect(evidence).toMatchObject({ coverage: 0.8, largestGapMs: 1000 });
  });

  it('flags every stage of a run whose sampler saw nothing', () => {
    const evidence = cut({});
    expect(evidence.stages.map(({ gap }) => gap)).toEqual([true, true]);
    expect(evidence).toMatchObject({
      coverage: 0,
      gaps: [{ fromMs: 0, toMs: 5000, mayHaveMore: true }],
      totalBytes: 0,
      attributedShare: 1,
    });
  });

  it('names the top client and destination of the stages, equal ones by name', () => {
    const connections = [
      conn(1500, 5, { client: 'z' }),
      conn(1600, 5, { client: 'y', destination: 'd2:443' }),
      conn(100, 99, { client: 'noise' }),
    ];
    const evidence = cut({ points: [point(0, 0, 0), point(5000, 109, 0)], connections });
    expect(evidence).toMatchObject({
      topClient: { name: 'y', bytes: 5 },
      topDestination: { name: 'd1:443', bytes: 5 },
    });
    expect(evidence.omittedStages).toEqual(plan.omittedStages);
  });

  it('closes a stage that was still running at the end of the run', () => {
    const evidence = cut(
      { points: [point(0, 0, 0), point(5000, 8, 0)], connections: [conn(4800, 8)] },
      { transitions: transitions.slice(0, 3) },
    );
    expect(stageOf(evidence, 'b')).toMatchObject({
      state: 'running',
      finishedAtMs: 5000,
      durationMs: 2000,
      attributedBytes: 8,
    });
  });
});

function randomRun(random: Random): { series: SampleSeries; transitions: readonly Transition[] } {
  const connections = Array.from({ length: upTo(random, 40) }, (_, index) =>
    conn(upTo(random, 10_000), upTo(random, 5000), { uploadBytes: upTo(random, 90), client: `c${index % 4}` }),
  );
  const explained = connections.reduce(
    (total, { uploadBytes, downloadBytes }) => total + uploadBytes + downloadBytes,
    0,
  );
  let atMs = 0;
  const middle = Array.from({ length: upTo(random, 60) }, () => {
    atMs += upTo(random, 300);
    return point(atMs, upTo(random, explained), upTo(random, 4000));
  });
  const restBytes = upTo(random, 4000);
  const points = [point(0, 0, 0), ...middle, point(atMs + 1, explained + restBytes, restBytes)];
  const phases = ['started', 'finished', 'failed'] as const;
  const transitions = Array.from({ length: upTo(random, 9) }, () => ({
    stage: (['a', 'b', null] as const)[upTo(random, 2)] ?? null,
    phase: phases[upTo(random, 2)] ?? 'started',
    atMs: upTo(random, 10_000),
  }));
  return { series: series({ points, connections }), transitions };
}

describe('the sums of evidence', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))('add up exactly for any run (seed %i)', (seed) => {
    const run = randomRun(randomFrom(seed));
    const evidence = cutEvidence({ plan, ...run, endedAtMs: 10_000 });
    const add = (field: 'attributedBytes' | 'unattributedBytes' | 'windowBytes'): number =>
      evidence.stages.reduce((total, stage) => total + stage[field], 0);
    expect(evidence.attributedBytes + evidence.outsideBytes + evidence.unattributedBytes).toBe(evidence.totalBytes);
    expect(add('attributedBytes')).toBe(evidence.attributedBytes);
    expect(evidence.unattributedBytes).toBe(run.series.points.at(-1)?.unexplainedBytes);
    expect(add('unattributedBytes')).toBeLessThanOrEqual(evidence.unattributedBytes);
    expect(add('windowBytes')).toBe(add('attributedBytes') + add('unattributedBytes'));
    expect(evidence.coverage).toBeGreaterThanOrEqual(0);
    expect(evidence.coverage).toBeLessThanOrEqual(1);
  });
});
