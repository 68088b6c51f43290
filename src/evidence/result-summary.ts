// The part of a result that fits onto its Job: enough to print the final row and the stage table without Temporal.
import type { OmittedStage, Stage } from '../plan/plan.ts';
import type {
  Evidence,
  FailureFamily,
  ResultDocument,
  RunOutcome,
  StageEvidence,
  Talker,
  Verdict,
} from './evidence.ts';

/** One stage as the Job's annotation keeps it. Window bytes and rate follow from the rest; what was contested is in the verdict. */
export type SummaryStage = Pick<
  StageEvidence,
  | 'state'
  | 'startedAtMs'
  | 'finishedAtMs'
  | 'durationMs'
  | 'attributedBytes'
  | 'unattributedBytes'
  | 'cumulativeBytes'
  | 'topClient'
  | 'topDestination'
  | 'gap'
  | 'exitCode'
  | 'reason'
  | 'note'
> & { readonly name: string; readonly failureFamily: Stage['failureFamily'] };

/** A run's result without its plan, transitions and samples. */
export interface ResultSummary {
  readonly version: 1;
  readonly runId: string;
  readonly target: string;
  readonly node: string;
  readonly profile: string;
  readonly kind: string;
  readonly jobName: string;
  readonly outcome: RunOutcome;
  readonly failureFamily: FailureFamily;
  readonly reason: string;
  readonly stage: string | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly totals: Pick<
    Evidence,
    | 'totalBytes'
    | 'uploadBytes'
    | 'downloadBytes'
    | 'attributedBytes'
    | 'outsideBytes'
    | 'unattributedBytes'
    | 'coverage'
  >;
  readonly gapCount: number;
  readonly largestGapMs: number;
  readonly proxyRestarts: number;
  readonly pullAttempts: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  readonly stages: readonly SummaryStage[];
  readonly omittedStages: readonly OmittedStage[];
  readonly logLines: Verdict['logLines'];
}

/** Cuts a result down to its summary; nothing is shortened yet. */
export function summaryOf(result: ResultDocument): ResultSummary {
  const { plan, evidence, verdict } = result;
  const families = new Map(plan.stages.map((stage) => [stage.name, stage.failureFamily]));
  return {
    version: 1,
    runId: plan.runId,
    target: plan.target.name,
    node: plan.target.node,
    profile: plan.profile,
    kind: plan.kind,
    jobName: plan.jobName,
    outcome: verdict.outcome,
    failureFamily: verdict.failureFamily,
    reason: verdict.reason,
    stage: verdict.stage,
    startedAtMs: result.startedAtMs,
    finishedAtMs: result.finishedAtMs,
    durationMs: result.durationMs,
    totals: {
      totalBytes: evidence.totalBytes,
      uploadBytes: evidence.uploadBytes,
      downloadBytes: evidence.downloadBytes,
      attributedBytes: evidence.attributedBytes,
      outsideBytes: evidence.outsideBytes,
      unattributedBytes: evidence.unattributedBytes,
      coverage: evidence.coverage,
    },
    gapCount: evidence.gaps.length,
    largestGapMs: evidence.largestGapMs,
    proxyRestarts: evidence.proxyRestarts,
    pullAttempts: result.pullAttempts,
    topClient: evidence.topClient,
    topDestination: evidence.topDestination,
    stages: evidence.stages.map((stage) => summaryStageOf(stage, families.get(stage.stage) ?? 'infrastructure')),
    omittedStages: evidence.omittedStages,
    logLines: verdict.logLines,
  };
}

function summaryStageOf(evidence: StageEvidence, failureFamily: Stage['failureFamily']): SummaryStage {
  const {
    stage: name,
    windowBytes: _window,
    rateBytesPerSecond: _rate,
    contestedBytes: _contested,
    ...kept
  } = evidence;
  return { name, failureFamily, ...kept };
}
