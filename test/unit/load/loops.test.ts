import { describe, expect, it } from 'vitest';
import { type Arrivals, constantArrivals, poissonArrivals } from '../../../src/load/arrivals.ts';
import { Budget, type BudgetSettings } from '../../../src/load/budget.ts';
import { runClosedLoop } from '../../../src/load/closed-loop.ts';
import { runOpenLoop } from '../../../src/load/open-loop.ts';
import { seededRandom } from '../../../src/load/seeded-random.ts';
import { emptyTally, endedOf } from '../../../src/load/tally.ts';
import { timesOf } from '../../../src/load/time-histogram.ts';
import { modelledLanes } from '../../support/modelled-lanes.ts';
import { virtualTime } from '../../support/virtual-time.ts';

const SERVICE_MS = 1;
const STALL = { fromMs: 5_000, untilMs: 6_000 };
const TEN_SECONDS = { warmUp: { requests: 0 }, requests: null, durationMs: 10_000 } as const;
const HUNDRED_PER_SECOND = (): Arrivals => constantArrivals({ ratePerSecond: 100 });

/** Answers after one millisecond, but for one second, in which it does nothing. */
function stallingServer(startedMs: number): number {
  const isStalled = startedMs >= STALL.fromMs && startedMs < STALL.untilMs;
  return (isStalled ? STALL.untilMs : startedMs) + SERVICE_MS;
}

interface Loop {
  readonly budget?: BudgetSettings;
  readonly connections: number;
  readonly arrivals?: () => Arrivals;
  readonly answeredAtMs?: (startedMs: number) => number;
  /** Stops the load then. */
  readonly abortAtMs?: number;
}

async function measure(loop: Loop) {
  const { budget: settings = TEN_SECONDS, connections: count, arrivals, answeredAtMs = stallingServer } = loop;
  const time = virtualTime();
  const tally = emptyTally();
  const stopping = new AbortController();
  const lanes = modelledLanes({ count, timekeeper: time, answeredAtMs });
  const parts = { lanes, tally, timekeeper: time, startMs: 0, signal: stopping.signal, budget: new Budget(settings) };
  const ended =
    arrivals === undefined
      ? runClosedLoop(parts)
      : runOpenLoop({
          ...parts,
          arrivals: arrivals(),
          ahead: { arrivals: arrivals(), budget: new Budget(settings) },
        });
  if (loop.abortAtMs !== undefined) {
    time.run(loop.abortAtMs);
    stopping.abort();
  }
  time.run();
  await ended;
  return { tally, total: timesOf(tally.times.total), late: timesOf(tally.times.late), endedAtMs: time.nowMs() };
}

describe('an open loop', () => {
  it('counts a stall from when each request was due: the percentiles are those of the schedule', async () => {
    const { tally, total, late } = await measure({ connections: 1_000, arrivals: HUNDRED_PER_SECOND });
    // 900 of 1,000 take 1 ms; those due at 5,000, 5,010 … 5,990 take 1,001, 991 … 11 ms.
    expect(tally.requests).toBe(1_000);
    expect(tally.completed).toBe(1_000);
    expect([total.minMs, total.p50Ms, total.p90Ms]).toEqual([1, 1, 1]);
    const exact = [11 + 49 * 10, 11 + 89 * 10, 1_001];
    for (const [index, ms] of [total.p95Ms, total.p99Ms, total.maxMs].entries())
      expect(Math.abs(ms / (exact[index] ?? 0) - 1)).toBeLessThan(0.001);
    const meanMs = (900 * 1 + (100 * (1_001 + 11)) / 2) / 1_000;
    expect(Math.abs(total.meanMs / meanMs - 1)).toBeLessThan(0.001);
    expect(tally.mostWaiting).toBe(0);
    // Nothing began late: a stall of the server's is not the generator's.
    expect(late.maxMs).toBe(0.001);
  });

  it('lets what finds no free connection wait, drops none of it, and counts its waiting', async () => {
    const { tally, total, late } = await measure({ connections: 1, arrivals: HUNDRED_PER_SECOND });
    expect(tally.requests).toBe(1_000);
    expect(tally.completed).toBe(1_000);
    // At 6,001 the one connection is free: of the 100 that were due meanwhile it takes the first.
    expect(tally.mostWaiting).toBe(99);
    expect(Math.abs(total.maxMs / 1_001 - 1)).toBeLessThan(0.001);
    // The second was due at 5,010 and is answered at 6,002, 992 ms later; the times to come shrink by 9 ms each.
    expect(Math.abs(total.p99Ms / (1_001 - 10 * 9) - 1)).toBeLessThan(0.001);
    expect(late.maxMs).toBe(0.001);
  });

  it('counts nothing of its warm-up, and begins its duration after it', async () => {
    const budget = { warmUp: { ms: 5_500 }, requests: null, durationMs: 2_000 };
    const { tally, total } = await measure({ budget, connections: 100, arrivals: HUNDRED_PER_SECOND });
    expect(tally.requests).toBe(200);
    expect(Math.abs(total.maxMs / 501 - 1)).toBeLessThan(0.001);
  });

  it('counts no waiting of its warm-up', async () => {
    const budget = { warmUp: { ms: 7_000 }, requests: null, durationMs: 1_000 };
    const { tally } = await measure({ budget, connections: 1, arrivals: HUNDRED_PER_SECOND });
    expect([tally.requests, tally.mostWaiting]).toEqual([100, 0]);
  });

  it('is over with its last request and not with the one that would have followed', async () => {
    const budget = { warmUp: { requests: 3 }, requests: 2, durationMs: null };
    const loop = { budget, connections: 2, arrivals: () => constantArrivals({ ratePerSecond: 0.5 }) };
    const { tally, endedAtMs } = await measure(loop);
    expect(tally.requests).toBe(2);
    expect(endedAtMs).toBe(8_001);
  });

  it('stopped in a stall knows what was under way and what waited', async () => {
    const { tally } = await measure({ connections: 10, arrivals: HUNDRED_PER_SECOND, abortAtMs: 5_500 });
    // 500 were answered, ten are under way, and of the 51 due from 5,000 to 5,500 the others wait.
    expect([tally.requests, endedOf(tally)]).toEqual([510, 500]);
    expect(tally.mostWaiting).toBe(41);
  });
});

describe('a closed loop', () => {
  it('hides the same stall: one request of thousands has seen it', async () => {
    const { tally, total } = await measure({ connections: 1 });
    expect(tally.completed).toBe(9_000);
    expect([total.p50Ms, total.p99Ms, total.p999Ms]).toEqual([1, 1, 1]);
    expect(Math.abs(total.maxMs / 1_001 - 1)).toBeLessThan(0.001);
  });

  it('begins as many requests as were asked for, over all of its connections, after those of its warm-up', async () => {
    const answered: number[] = [];
    const { tally } = await measure({
      budget: { warmUp: { requests: 7 }, requests: 100, durationMs: null },
      connections: 8,
      answeredAtMs: (startedMs) => {
        answered.push(startedMs);
        return startedMs + SERVICE_MS;
      },
    });
    expect([tally.requests, tally.completed, answered.length]).toEqual([100, 100, 107]);
  });

  it('leaves connections without a request when there are fewer requests than connections', async () => {
    const { tally } = await measure({
      budget: { warmUp: { requests: 0 }, requests: 3, durationMs: null },
      connections: 8,
    });
    expect(tally.completed).toBe(3);
  });

  it('stopped knows what was under way', async () => {
    const { tally } = await measure({ connections: 4, abortAtMs: 5_500 });
    expect(tally.requests - endedOf(tally)).toBe(4);
  });
});

describe('arrivals', () => {
  it('at a constant rate lie on multiples of the gap, without an error that adds up', () => {
    const arrivals = constantArrivals({ ratePerSecond: 3 });
    for (let index = 0; index < 3_000_000; index++) arrivals.next();
    expect(arrivals.next()).toBe(1_000_000_000);
  });

  it('of several threads take turns', () => {
    const threads = [0, 1, 2].map((thread) => constantArrivals({ ratePerSecond: 10, thread, threads: 3 }));
    const firstTwo = [0, 1].flatMap(() => threads.map((each) => each.next()));
    expect(firstTwo).toEqual([0, 100, 200, 300, 400, 500]);
  });

  it('by chance are the same for the same seed, and as frequent as asked with exponential gaps', () => {
    const take = (seed: number): number[] => {
      const arrivals = poissonArrivals({ ratePerSecond: 100, random: seededRandom(seed) });
      return Array.from({ length: 100_000 }, () => arrivals.next());
    };
    const first = take(1);
    expect(take(1)).toEqual(first);
    expect(take(2)).not.toEqual(first);
    const gaps = first.map((atMs, index) => atMs - (first[index - 1] ?? 0));
    const meanMs = (first.at(-1) ?? 0) / gaps.length;
    expect(Math.abs(meanMs / 10 - 1)).toBeLessThan(0.01);
    // Of exponential gaps a share of 1/e is longer than their mean.
    const longer = gaps.filter((gap) => gap > 10).length / gaps.length;
    expect(Math.abs(longer - 1 / Math.E)).toBeLessThan(0.01);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });
});
