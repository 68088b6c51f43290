// Bytes over time, the same everywhere a rate is shown.

/** Whole bytes per second; 0 when no time passed. */
export function rateOf(input: { readonly bytes: number; readonly durationMs: number }): number {
  return input.durationMs <= 0 ? 0 : Math.round((input.bytes * 1000) / input.durationMs);
}
