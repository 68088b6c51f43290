// How far the proxy's clock is off this machine's: a Date header has whole seconds, but not the moment at which they change.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from './control-client.ts';

/** One answer's Date, between two moments of this machine's clock. */
export interface ClockReading {
  /** The Date header, milliseconds since the epoch: whole seconds, cut and not rounded. */
  readonly dateMs: number;
  /** This machine's clock before the question and after the answer. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** A control client that can tell what time it is where the proxy runs. */
export interface ClockTelling {
  /** Undefined where the answer has no Date. @throws UnreachableError */
  clock(input: { readonly signal: AbortSignal }): Promise<ClockReading | undefined>;
}

/** Whether a client can tell the proxy's time; one that hands over recordings cannot. */
export function tellsClock(client: ControlClient): client is ControlClient & ClockTelling {
  return 'clock' in client && typeof client.clock === 'function';
}

const PAUSE_MS = 40;
const MOST_MS = 1_200;

/**
 * The proxy's clock minus this machine's in whole milliseconds, where the two are surely apart; undefined where they may
 * be equal, or nothing can be told. Each answer leaves a range for the offset; answers around the tick of a second leave
 * one about as wide as an answer takes, and its middle is what is stated. Takes until the first tick, 1.2 s at most.
 * @throws only what `signal` aborts with
 */
export async function measureClockOffset(input: {
  readonly client: ClockTelling;
  readonly signal: AbortSignal;
}): Promise<number | undefined> {
  const { client, signal } = input;
  const readings: ClockReading[] = [];
  const startedMs = performance.now();
  try {
    while (!hasTicked(readings) && performance.now() - startedMs < MOST_MS) {
      const reading = await client.clock({ signal });
      if (reading === undefined) break;
      readings.push(reading);
      await sleep(PAUSE_MS, undefined, { signal });
    }
  } catch {
    // A clock that cannot be read is none to correct by; whether the proxy answers at all is told elsewhere.
    signal.throwIfAborted();
  }
  return offsetFrom(readings);
}

/** The offset that readings leave no doubt about, see `measureClockOffset`. */
export function offsetFrom(readings: readonly ClockReading[]): number | undefined {
  if (readings.length === 0) return undefined;
  const leastMs = Math.max(...readings.map(({ dateMs, answeredAtMs }) => dateMs - answeredAtMs));
  const mostMs = Math.min(...readings.map(({ dateMs, askedAtMs }) => dateMs + 1_000 - askedAtMs));
  // Ranges that leave nothing in common: one of the clocks was set meanwhile.
  if (leastMs > mostMs) return undefined;
  return leastMs <= 0 && mostMs >= 0 ? undefined : Math.round((leastMs + mostMs) / 2);
}

function hasTicked(readings: readonly ClockReading[]): boolean {
  return readings.length > 1 && readings[0]?.dateMs !== readings.at(-1)?.dateMs;
}
