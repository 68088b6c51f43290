// From when on a stretch without readings counts as a gap; the same for the sampler's series and for evidence.

const LEAST_GAP_MS = 2000;
const MISSED_READINGS = 4;

/** A pause between two readings that is longer than this many milliseconds is a gap. */
export function gapThresholdMs(intervalMs: number): number {
  return Math.max(MISSED_READINGS * intervalMs, LEAST_GAP_MS);
}
