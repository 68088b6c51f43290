// The closed loop: every lane sends its next request when the one before has ended. A stall holds back what would have
// come next, so its times say how fast the target is, and not what a stall does to those who do not wait for each other.
import type { Budget } from './budget.ts';
import type { Lane } from './exchange.ts';
import { type Tally, tallyExchange } from './tally.ts';
import type { Timekeeper } from './timekeeper.ts';

export interface LoopParts {
  readonly lanes: readonly Lane[];
  readonly budget: Budget;
  readonly tally: Tally;
  readonly timekeeper: Timekeeper;
  /** The start of the load on the timekeeper's axis, not in the future. */
  readonly startMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when the budget is used up and everything has ended, or at once when the signal aborts. */
export async function runClosedLoop(parts: LoopParts): Promise<void> {
  const { lanes, budget, tally, timekeeper, startMs, signal } = parts;
  const { promise, resolve } = Promise.withResolvers<void>();
  let busy = lanes.length;
  const next = (lane: Lane): void => {
    const turn = signal.aborted ? 'over' : budget.take(timekeeper.nowMs() - startMs);
    if (turn === 'over') {
      busy -= 1;
      if (busy === 0) resolve();
      return;
    }
    if (turn === 'counted') tally.requests += 1;
    lane.send((exchange) => {
      if (signal.aborted) return;
      if (turn === 'counted') tallyExchange(tally, exchange, null);
      next(lane);
    });
  };
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  for (const lane of lanes) next(lane);
  await promise;
}
