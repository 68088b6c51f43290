// Lanes whose server is a function from the moment of a request to the moment of its answer.
import type { Exchange, Lane } from '../../src/load/exchange.ts';
import type { Timekeeper } from '../../src/load/timekeeper.ts';

/** An exchange that went well, from 1 ms to 3 ms; parts of it as wanted. */
export function exchangeWith(parts: Partial<Exchange> = {}): Exchange {
  return {
    startedMs: 1,
    connectedMs: null,
    writtenMs: 1,
    firstByteMs: 2,
    endedMs: 3,
    failure: null,
    message: '',
    status: 200,
    receivedBytes: 100,
    ...parts,
  };
}

export function modelledLanes(input: {
  readonly count: number;
  readonly timekeeper: Timekeeper;
  readonly answeredAtMs: (startedMs: number) => number;
}): readonly Lane[] {
  const { count, timekeeper, answeredAtMs } = input;
  return Array.from({ length: count }, () => {
    let pending: { cancel(): void } | null = null;
    return {
      send: (onEnd) => {
        const startedMs = timekeeper.nowMs();
        const endedMs = answeredAtMs(startedMs);
        const call = (): void =>
          onEnd(exchangeWith({ startedMs, writtenMs: startedMs, firstByteMs: endedMs, endedMs }));
        pending = timekeeper.callAt({ atMs: endedMs, call });
      },
      close: () => pending?.cancel(),
    };
  });
}
