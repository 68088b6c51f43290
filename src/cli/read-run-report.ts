// Everything that can be known of one run, from the best place that answers.
import { InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { decodeAnnotations } from '../evidence/annotation.ts';
import { summaryRow } from '../evidence/result-row.ts';
import { type ResultSummary, summaryOf } from '../evidence/result-summary.ts';
import type { RunReport } from '../reports/run-report.ts';
import type { RunSummary } from '../temporal/list-runs.ts';
import type { RunEnd, Runs } from '../temporal/runs.ts';

/**
 * A running run by live query; an ended one by its Job's annotation, the durable truth, else by its workflow's result,
 * which is asked too where the annotation was cut to fit.
 * Says where it was read, and why a better place did not answer.
 */
export async function readRunReport({
  runs,
  run,
}: {
  readonly runs: Runs;
  readonly run: RunSummary;
}): Promise<RunReport> {
  return run.open ? await readOpenRun({ runs, run }) : await readEndedRun({ runs, run });
}

/** The newest Job on a target whose runs Temporal does not know; null when there is none. */
export async function readJobReport({
  runs,
  target,
}: {
  readonly runs: Runs;
  readonly target: string;
}): Promise<RunReport | null> {
  const { job } = await runs.inspectTarget({ target });
  if (job === null) return null;
  const decoded = decodeAnnotations(job.annotations);
  const base = {
    target,
    run: job.runId,
    workflowId: null,
    state: job.state,
    source: "the Job's annotation" as const,
    ...EMPTY,
  };
  if (!decoded.found) return { ...base, note: `Temporal knows no run of this Job, and ${decoded.why}` };
  return {
    ...base,
    ...ended(decoded.summary),
    note: joined('Temporal knows no run of this Job', truncationNote(decoded.truncated)),
  };
}

const NO_SUMMARY = { summary: null, truncated: false } as const;

const EMPTY = { note: null, status: null, totals: null, summary: null, row: null, error: null, traffic: null } as const;

async function readOpenRun({ runs, run }: { readonly runs: Runs; readonly run: RunSummary }): Promise<RunReport> {
  const base = baseOf(run);
  const totals = await runs.liveTotals(run.workflowId);
  try {
    const status = await runs.statusOf(run.workflowId);
    return { ...base, target: status.target, state: status.state, source: 'live query', status, totals };
  } catch (thrown) {
    if (!(thrown instanceof UnreachableError)) throw thrown;
    return {
      ...base,
      source: 'visibility',
      totals,
      note: `${thrown.message}; the run goes on when one is back. ${thrown.hint}`,
    };
  }
}

async function readEndedRun({ runs, run }: { readonly runs: Runs; readonly run: RunSummary }): Promise<RunReport> {
  const annotation = await readAnnotation({ runs, run });
  if (annotation.summary !== null) {
    const whole = annotation.truncated ? await wholeSummary({ runs, run }) : null;
    if (whole !== null) return { ...baseOf(run), source: "the workflow's result", ...ended(whole), note: null };
    return { ...baseOf(run), source: "the Job's annotation", ...ended(annotation.summary), note: annotation.note };
  }
  const end = endedBy(await runs.endOf({ workflowId: run.workflowId }));
  // A run that never came to its first stage has left nothing behind, and nobody misses it.
  const hasBegun = end.summary?.stages.some(({ state }) => state !== 'not-started') ?? true;
  return { ...baseOf(run), source: "the workflow's result", ...end, note: hasBegun ? annotation.note : null };
}

/** What the workflow's result has; null where it has none, or Temporal does not tell. */
async function wholeSummary(input: { readonly runs: Runs; readonly run: RunSummary }): Promise<ResultSummary | null> {
  try {
    const end = await input.runs.endOf({ workflowId: input.run.workflowId });
    return end.kind === 'result' ? summaryOf(end.result) : null;
  } catch (thrown) {
    if (thrown instanceof UnreachableError) return null;
    throw thrown;
  }
}

/** The summary on the run's Job, or why there is none to be read. */
async function readAnnotation({ runs, run }: { readonly runs: Runs; readonly run: RunSummary }): Promise<{
  readonly summary: ResultSummary | null;
  readonly truncated: boolean;
  readonly note: string | null;
}> {
  const { target, jobName } = run;
  // A run without a Job's name never had a Job: nothing is missing then.
  if (target === null || jobName === null) return { ...NO_SUMMARY, note: null };
  try {
    const { job } = await runs.inspectTarget({ target, jobName });
    if (job === null) return { ...NO_SUMMARY, note: `no Job ${jobName} is on the target` };
    const decoded = decodeAnnotations(job.annotations);
    return decoded.found
      ? { summary: decoded.summary, truncated: decoded.truncated, note: truncationNote(decoded.truncated) }
      : { ...NO_SUMMARY, note: decoded.why };
  } catch (thrown) {
    return { ...NO_SUMMARY, note: `the Job's annotation could not be read: ${messageOf(thrown)}` };
  }
}

function endedBy(end: RunEnd): Pick<RunReport, 'state' | 'summary' | 'row' | 'error'> {
  switch (end.kind) {
    case 'result':
      return { ...ended(summaryOf(end.result)), error: null };
    case 'error':
      return {
        state: 'error',
        summary: null,
        row: null,
        error: { kind: kindOf(end.error), message: end.error.message },
      };
    default:
      return {
        state: end.kind,
        summary: null,
        row: null,
        error: { kind: 'no-verdict', message: `the workflow was ${end.kind}: ${end.message}` },
      };
  }
}

function kindOf(error: Error): 'invalid-input' | 'unreachable' | 'internal' {
  if (error instanceof InvalidInputError) return 'invalid-input';
  return error instanceof UnreachableError ? 'unreachable' : 'internal';
}

function ended(summary: ResultSummary): Pick<RunReport, 'state' | 'summary' | 'row'> {
  return { state: summary.outcome, summary, row: summaryRow(summary) };
}

function baseOf(run: RunSummary): RunReport {
  const { workflowId, state } = run;
  return { target: run.target ?? 'unknown', run: run.run, workflowId, state, source: 'visibility', ...EMPTY };
}

function truncationNote(truncated: boolean): string | null {
  return truncated ? "the annotation was cut to fit; the workflow's result has all of it" : null;
}

function joined(...notes: readonly (string | null)[]): string {
  return notes.filter((note) => note !== null).join('; ');
}
