// The open loop: requests are due by an absolute schedule, whatever becomes of those before them, and their times count
// from when they were due. What finds no free connection waits, in order, and is never dropped.
import type { Arrivals } from './arrivals.ts';
import type { Budget } from './budget.ts';
import type { LoopParts } from './closed-loop.ts';
import { recordMs } from './time-histogram.ts';
import { tallyExchange } from './tally.ts';

/** When requests are due, and how many. */
export interface DueRequests {
  readonly arrivals: Arrivals;
  readonly budget: Budget;
}

export interface OpenLoopParts extends Omit<LoopParts, 'budget'>, DueRequests {
  /** The same once more: running ahead of what is sent, it counts the waiting ones in no memory at all. */
  readonly ahead: DueRequests;
}

/** Resolves when everything that was due has ended, or at once when the signal aborts. */
export async function runOpenLoop(parts: OpenLoopParts): Promise<void> {
  const { lanes, tally, timekeeper, startMs, signal, budget, ahead } = parts;
  const { promise, resolve } = Promise.withResolvers<void>();
  const free = lanes.toReversed();
  let nextMs = parts.arrivals.next();
  let aheadMs = ahead.arrivals.next();
  /** Since when there has been a free lane, after the start. */
  let freeFromMs = 0;
  let timer: { cancel(): void } | null = null;
  const sinceStartMs = (): number => timekeeper.nowMs() - startMs;

  const countWaiting = (nowMs: number): void => {
    while (aheadMs <= nowMs && ahead.budget.take(aheadMs) !== 'over') aheadMs = ahead.arrivals.next();
    if (budget.countedFromMs === null || nowMs < budget.countedFromMs) return;
    tally.mostWaiting = Math.max(tally.mostWaiting, ahead.budget.taken - budget.taken);
  };
  const begin = (lane: (typeof lanes)[number]): void => {
    const dueMs = nextMs;
    nextMs = parts.arrivals.next();
    const isCounted = budget.take(dueMs) === 'counted';
    if (isCounted) {
      tally.requests += 1;
      recordMs(tally.times.late, sinceStartMs() - Math.max(dueMs, freeFromMs));
    }
    lane.send((exchange) => {
      if (signal.aborted) return;
      if (isCounted) tallyExchange(tally, exchange, startMs + dueMs);
      if (free.length === 0) freeFromMs = sinceStartMs();
      free.push(lane);
      advance();
    });
  };
  const advance = (): void => {
    const nowMs = sinceStartMs();
    while (nextMs <= nowMs && budget.peek(nextMs) !== 'over') {
      const lane = free.pop();
      if (lane === undefined) break;
      begin(lane);
    }
    countWaiting(nowMs);
    timer?.cancel();
    timer = null;
    const isOver = budget.peek(nextMs) === 'over';
    if (isOver && free.length === lanes.length) resolve();
    else if (!isOver && free.length > 0) timer = timekeeper.callAt({ atMs: startMs + nextMs, call: advance });
  };
  const onAbort = (): void => {
    timer?.cancel();
    countWaiting(sinceStartMs());
    resolve();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else advance();
  await promise;
}
