// A result as one flat row: what stands at the end of every run, whether read from Temporal or from the Job.
import { BYTES_PER_MIB } from '../quantities/quantities.ts';
import type { ClientClass } from './evidence.ts';
import type { ResultDocument } from './result-document.ts';
import type { FailureFamily, RunOutcome } from './verdict.ts';
import { rateOf } from './rate-of.ts';
import { type ResultSummary, summaryOf } from './result-summary.ts';

/** The final row. MiB are 1,048,576 bytes, both directions; null where the run has no such stage. */
export interface ResultRow {
  readonly target: string;
  readonly profile: string;
  readonly job: string;
  readonly state: RunOutcome;
  readonly durationMs: number;
  readonly imagePullMiB: number | null;
  readonly apkMiB: number | null;
  readonly npmMiB: number | null;
  readonly goMiB: number | null;
  readonly gitMirrorMiB: number | null;
  /** The stages' window bytes added up. */
  readonly windowBytes: number;
  /** Window bytes over the stages' own time. */
  readonly rateBytesPerSecond: number;
  /** The proxy's total over the whole run. */
  readonly cumulativeBytes: number;
  readonly topClient: string | null;
  /** Whose the top client is, where that is known. */
  readonly topClientClass?: ClientClass;
  readonly topDestination: string | null;
  readonly failureFamily: FailureFamily;
  readonly reason: string;
  /** Set for a run that read nothing at the proxy: its bytes are unknown, whatever the numbers here. */
  readonly sampled?: 'companions';
}

/** The row of a finished run. */
export function resultRow(result: ResultDocument): ResultRow {
  return summaryRow(summaryOf(result));
}

/** The same row from what a Job's annotation keeps. */
export function summaryRow(summary: ResultSummary): ResultRow {
  const windowBytes = windowOf(summary.stages);
  const stagesMs = summary.stages.reduce((total, stage) => total + stage.durationMs, 0);
  return {
    target: summary.target,
    profile: summary.profile,
    job: summary.jobName,
    state: summary.outcome,
    durationMs: summary.durationMs,
    imagePullMiB: mibOf(summary, 'image-pull'),
    apkMiB: mibOf(summary, 'apk-download'),
    npmMiB: mibOf(summary, 'npm-download'),
    goMiB: mibOf(summary, 'go-download'),
    gitMirrorMiB: mibOf(summary, 'git-mirror'),
    windowBytes,
    rateBytesPerSecond: rateOf({ bytes: windowBytes, durationMs: stagesMs }),
    cumulativeBytes: summary.totals.totalBytes,
    topClient: summary.topClient?.name ?? null,
    ...(summary.topClient?.class === undefined ? {} : { topClientClass: summary.topClient.class }),
    topDestination: summary.topDestination?.name ?? null,
    failureFamily: summary.failureFamily,
    reason: summary.reason,
    ...(summary.sampled === undefined ? {} : { sampled: summary.sampled }),
  };
}

function mibOf(summary: ResultSummary, family: ResultSummary['stages'][number]['failureFamily']): number | null {
  const stages = summary.stages.filter((stage) => stage.failureFamily === family);
  return stages.length === 0 ? null : windowOf(stages) / BYTES_PER_MIB;
}

function windowOf(stages: ResultSummary['stages']): number {
  return stages.reduce((total, stage) => total + stage.attributedBytes + stage.unattributedBytes, 0);
}
