// Prints what is known of runs as one document, and tells the exit code that stands for all of them.
import type { RunReport } from '../reports/run-report.ts';
import { renderStatus } from '../reports/status-text.ts';
import type { Runs } from '../temporal/runs.ts';
import { type OutputFormat, emit } from './emit.ts';
import { strongestExitCode } from './exit-codes.ts';
import { typedHere } from './program-name.ts';
import { readRunReport } from './read-run-report.ts';
import { reportExitCode } from './report-exit-code.ts';
import type { Session } from './session.ts';
import { settleAll } from './settle-all.ts';

/** Reads and prints the runs with these workflow ids. Resolves with the exit code. */
export async function showRuns(input: {
  readonly session: Session;
  readonly runs: Runs;
  readonly output: OutputFormat;
  readonly chosen: readonly { readonly target: string; readonly workflowId: string }[];
}): Promise<number> {
  const { session, runs, output, chosen } = input;
  const reports = await settleAll(
    chosen.map(({ target, workflowId }) => readByWorkflowId({ runs, target, workflowId })),
  );
  showReports({ session, output, reports });
  return strongestExitCode(reports.map(reportExitCode));
}

/** Prints reports that were read before. */
export function showReports({
  session,
  output,
  reports,
}: {
  readonly session: Session;
  readonly output: OutputFormat;
  readonly reports: readonly RunReport[];
}): void {
  const { console } = session;
  const runs = reports.map((report) => ({
    ...report,
    note: report.note === null ? null : typedHere({ env: console.env, text: report.note }),
  }));
  emit({
    console,
    format: output,
    document: { version: 1, kind: 'status', runs },
    text: () => renderStatus({ reports: runs, nowMs: Date.now(), paint: console.paint, width: console.width() }),
  });
}

async function readByWorkflowId({
  runs,
  target,
  workflowId,
}: {
  readonly runs: Runs;
  readonly target: string;
  readonly workflowId: string;
}): Promise<RunReport> {
  const run = await runs.find(workflowId);
  if (run !== null) return await readRunReport({ runs, run: { ...run, target: run.target ?? target } });
  return {
    target,
    run: null,
    workflowId,
    state: 'cancelled',
    source: 'visibility',
    note: null,
    status: null,
    totals: null,
    summary: null,
    row: null,
    error: { kind: 'no-verdict', message: 'never started: its fleet had ended before its turn came' },
    traffic: null,
  };
}
