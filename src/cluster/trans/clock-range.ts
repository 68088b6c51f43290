// How far a far machine's clock is off this one's, as calls over the line tell: each leaves a range as wide as it took.

/** What a call tells: the far clock, read at some moment between two of this machine's; milliseconds. */
export interface FarClockReading {
  readonly thereMs: number;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** What all calls leave in common. */
export interface ClockRange {
  note(reading: FarClockReading): void;
  /** Far clock minus this one, whole milliseconds; 0 where the two may be equal, or nothing is known. */
  offsetMs(): number;
}

/** A range that has nothing in common with those before means that a clock was set: it is believed alone. */
export function createClockRange(): ClockRange {
  let [leastMs, mostMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    note({ thereMs, askedAtMs, answeredAtMs }) {
      const [least, most] = [thereMs - answeredAtMs, thereMs - askedAtMs];
      const isApart = least > mostMs || most < leastMs;
      leastMs = isApart ? least : Math.max(leastMs, least);
      mostMs = isApart ? most : Math.min(mostMs, most);
    },
    offsetMs: () => (leastMs <= 0 && mostMs >= 0 ? 0 : Math.round((leastMs + mostMs) / 2)),
  };
}
