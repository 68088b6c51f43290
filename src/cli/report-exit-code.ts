// The exit code that stands for what is known of a run.
import type { RunReport } from '../reports/run-report.ts';
import { EXIT_CODES, exitCodeOfOutcome } from './exit-codes.ts';

/** By the verdict; by the reason why there is none; 0 while the run goes on. */
export function reportExitCode({ row, error, state }: Pick<RunReport, 'row' | 'error' | 'state'>): number {
  if (row !== null) return exitCodeOfOutcome(row.state);
  switch (error?.kind) {
    case 'invalid-input':
      return EXIT_CODES.usage.code;
    case 'unreachable':
      return EXIT_CODES.unreachable.code;
    case 'internal':
      return EXIT_CODES.internal.code;
    case 'no-verdict':
      return state === 'cancelled' ? EXIT_CODES.cancelled.code : EXIT_CODES.incomplete.code;
    case undefined:
      return EXIT_CODES.passed.code;
  }
}
