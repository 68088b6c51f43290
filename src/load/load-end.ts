// How a load ended, in one word: what exit codes are made from.
import type { LoadReport } from './load-report.ts';

/** Of the lean program; the same as the command line's own in src/cli/exit-codes.ts, which it must not import. */
export const LOAD_EXIT_CODES = { passed: 0, internal: 1, usage: 2, failed: 3, cancelled: 5, unreachable: 7 } as const;

/** `cancelled` before `failed`: of a load that was stopped, nothing is known for sure. One that measured nothing failed. */
export function loadEnd({
  cancelled,
  completed,
  failed,
}: Pick<LoadReport, 'cancelled' | 'completed' | 'failed'>): 'passed' | 'failed' | 'cancelled' {
  if (cancelled === true) return 'cancelled';
  return failed === 0 && completed > 0 ? 'passed' : 'failed';
}

/** Whether the load went to its end: what became of its requests is another question. */
export function carriedOut({ cancelled, requests }: Pick<LoadReport, 'cancelled' | 'requests'>): boolean {
  return cancelled !== true && requests > 0;
}
