// A moment by the kubelet's clock, and whether it is known to the millisecond or only to the second it lies in.

/** `sharp`: exact; else the beginning of the whole second in which it was. */
export interface Moment {
  readonly atMs: number;
  readonly sharp: boolean;
}

const SECOND_MS = 1_000;

/** How far `atMs` lies outside the whole second that begins at `secondMs`; 0 within it. Milliseconds. */
export function offSecond(input: { readonly atMs: number; readonly secondMs: number }): number {
  const { atMs, secondMs } = input;
  return Math.max(0, secondMs - atMs, atMs - (secondMs + SECOND_MS - 1));
}

/** The latest that a moment can have been: the last millisecond of its second, unless it is known better. */
export function latestOf({ atMs, sharp }: Moment): number {
  return sharp ? atMs : atMs + SECOND_MS - 1;
}
