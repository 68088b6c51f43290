// One thread's part of a load: its lanes, its loop, its tally.
import { type Arrivals, constantArrivals, poissonArrivals } from './arrivals.ts';
import { Budget } from './budget.ts';
import { runClosedLoop } from './closed-loop.ts';
import { HttpLane } from './http-lane.ts';
import type { LoadSettings, OpenSettings } from './load-settings.ts';
import { runOpenLoop } from './open-loop.ts';
import { requestBytes } from './request-bytes.ts';
import { seededRandom } from './seeded-random.ts';
import { type Tally, endedOf } from './tally.ts';
import type { Timekeeper } from './timekeeper.ts';

export interface DrivenLoad {
  /** This thread's share, see `shareOf`. */
  readonly settings: LoadSettings;
  readonly thread: number;
  /** Where the target is, resolved. */
  readonly address: string;
  /** Filled as the load goes on. */
  readonly tally: Tally;
  readonly timekeeper: Timekeeper;
  readonly startMs: number;
  /** Stops it; what is under way counts as abandoned. */
  readonly signal: AbortSignal;
}

const READ_BUFFER_BYTES = 64 * 1024;
/** How exactly timeouts are kept: within a twentieth of theirs, and these bounds. */
const LEAST_SWEEP_MS = 5;
const MOST_SWEEP_MS = 100;

/** Resolves when this thread's part is done, and every connection of it closed. */
export async function driveLoad(load: DrivenLoad): Promise<void> {
  const { settings, thread, tally, timekeeper, startMs, signal } = load;
  const lanes = makeLanes(load);
  const sweep = sweepLanes({ lanes, timekeeper, timeoutMs: settings.timeoutMs });
  const budget = new Budget(settings);
  const parts = { lanes, budget, tally, timekeeper, startMs, signal };
  try {
    if (settings.open === null) {
      await runClosedLoop(parts);
    } else {
      const { open, threads } = settings;
      const schedule = (): Arrivals => arrivalsOf({ open, thread, threads });
      const ahead = { budget: new Budget(settings), arrivals: schedule() };
      await runOpenLoop({ ...parts, arrivals: schedule(), ahead });
    }
  } finally {
    sweep.cancel();
    for (const lane of lanes) lane.close();
  }
  tally.fromMs = startMs + (budget.countedFromMs ?? Number.POSITIVE_INFINITY);
  if (signal.aborted) {
    tally.cancelled = true;
    tally.abandoned = tally.requests - endedOf(tally);
    tally.untilMs = timekeeper.nowMs();
  } else if (settings.durationMs !== null && settings.requests === null) {
    // A schedule's last second belongs to it although its last request is answered before its end.
    tally.untilMs = Math.max(tally.untilMs, tally.fromMs + settings.durationMs);
  }
}

function makeLanes({ settings, address, timekeeper }: DrivenLoad): readonly HttpLane[] {
  const { port, keepAlive, method, timeoutMs, connections } = settings;
  const shared = {
    address,
    port,
    request: requestBytes(settings),
    toHead: method === 'HEAD',
    keepAlive,
    timeoutMs,
    timekeeper,
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
  };
  return Array.from({ length: connections }, () => new HttpLane(shared));
}

function arrivalsOf(input: {
  readonly open: OpenSettings;
  readonly thread: number;
  readonly threads: number;
}): Arrivals {
  const { open, thread, threads } = input;
  const { ratePerSecond, arrivals, seed } = open;
  if (arrivals === 'constant') return constantArrivals({ ratePerSecond, thread, threads });
  return poissonArrivals({ ratePerSecond: ratePerSecond / threads, random: seededRandom(seed) });
}

/** One timer for the timeouts of all lanes. */
function sweepLanes(input: {
  readonly lanes: readonly HttpLane[];
  readonly timekeeper: Timekeeper;
  readonly timeoutMs: number;
}): { readonly cancel: () => void } {
  const { lanes, timekeeper, timeoutMs } = input;
  const everyMs = Math.min(MOST_SWEEP_MS, Math.max(LEAST_SWEEP_MS, timeoutMs / 20));
  const sweep = (): void => {
    const nowMs = timekeeper.nowMs();
    for (const lane of lanes) lane.expire(nowMs);
    timer = timekeeper.callAt({ atMs: nowMs + everyMs, call: sweep });
  };
  let timer = timekeeper.callAt({ atMs: timekeeper.nowMs() + everyMs, call: sweep });
  return { cancel: () => timer.cancel() };
}
