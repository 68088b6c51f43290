// How far a load is, on one line of a terminal.
import type { LoadProgress } from './run-load.ts';

export function progressText({ elapsedMs, ended, failed }: LoadProgress): string {
  const rate = elapsedMs > 0 ? Math.round((ended * 1000) / elapsedMs) : 0;
  return `${(elapsedMs / 1000).toFixed(1)} s: ${ended} requests ended, ${failed} failed, ${rate}/s`;
}
