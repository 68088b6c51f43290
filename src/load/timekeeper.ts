// Time as a part that can be exchanged, so that schedules and latencies are tested exactly and without waiting.

export interface Timekeeper {
  /** Milliseconds with fractions that only grow; the same axis for every thread of this machine. */
  nowMs(): number;
  /** Calls once, about a millisecond around `atMs` at the earliest, and never before this returns. */
  callAt(input: { readonly atMs: number; readonly call: () => void }): { cancel(): void };
}

/** The machine's own monotonic clock. */
export function realTime(): Timekeeper {
  // `performance.now()` is cheap but starts anew in each thread; hrtime is the same everywhere.
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return {
    nowMs: () => performance.now() + offsetMs,
    callAt: ({ atMs, call }) => {
      const timer = setTimeout(call, Math.max(0, atMs - offsetMs - performance.now()));
      return { cancel: () => clearTimeout(timer) };
    },
  };
}
