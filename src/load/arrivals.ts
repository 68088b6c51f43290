// When the requests of an open loop are due: an absolute schedule that no slow answer can shift.

export interface Arrivals {
  /** The next moment, milliseconds after the start; never smaller than the one before. Endless. */
  next(): number;
}

/** One every `1000 / ratePerSecond` ms, for `thread` of `threads` taking turns; no error adds up. */
export function constantArrivals(input: {
  readonly ratePerSecond: number;
  readonly thread?: number;
  readonly threads?: number;
}): Arrivals {
  const { ratePerSecond, thread = 0, threads = 1 } = input;
  let index = thread;
  return {
    next: () => {
      const atMs = (index * 1000) / ratePerSecond;
      index += threads;
      return atMs;
    },
  };
}

/** Independent arrivals, `ratePerSecond` on average: the gaps between them are exponentially distributed. */
export function poissonArrivals(input: { readonly ratePerSecond: number; readonly random: () => number }): Arrivals {
  const { ratePerSecond, random } = input;
  let atMs = 0;
  return {
    next: () => {
      // 1 - random() is never 0, whose logarithm would be infinite.
      atMs += (-Math.log(1 - random()) * 1000) / ratePerSecond;
      return atMs;
    },
  };
}
