// The part of a result that fits onto its Job: enough to print the final row and the stage table without Temporal.
import type { OmittedStage, Stage } from '../plan/plan.ts';
import type { CompanionEvidence, CompanionUsage } from './companion-model.ts';
import type { Evidence, ImageEvidence, StageEvidence, Talker } from './evidence.ts';
import type { ResultDocument } from './result-document.ts';
import type { FailureFamily, RunOutcome, Verdict } from './verdict.ts';
import { type ReportFigures, reportFigures } from './report-figures.ts';
import type { ResultTable } from './result-table.ts';

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
> & {
  readonly name: string;
  readonly failureFamily: Stage['failureFamily'];
  /** Of what the stage said of itself, where no table tells it: the whole report is in the workflow's result. */
  readonly figures?: ReportFigures;
};

/** One pull as the Job's annotation keeps it: its moments are in the workflow's result. */
export type SummaryImage = Omit<ImageEvidence, 'startedAtMs' | 'finishedAtMs'>;

/** One companion as the Job's annotation keeps it: its pages and its stages are in the workflow's result. */
export interface SummaryCompanion
  extends Pick<
    CompanionUsage,
    'peakMemoryBytes' | 'memoryLimitBytes' | 'cpuSeconds' | 'periods' | 'throttledPeriods' | 'restarts' | 'oomKills'
  > {
  readonly name: string;
  readonly limits: CompanionEvidence['limits'];
}

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
    | 'earlierAttemptsBytes'
  >;
  readonly gapCount: number;
  readonly largestGapMs: number;
  readonly proxyRestarts: number;
  readonly pullAttempts: number;
  readonly topClient: Talker | null;
  readonly topDestination: Talker | null;
  readonly stages: readonly SummaryStage[];
  /** One for each pull; absent where no runtime pulled images. */
  readonly images?: readonly SummaryImage[];
  /** Every client that moved bytes during the run; absent where nobody can tell whose they are. */
  readonly clients?: readonly Talker[];
  /** Whether clients other than the run's own moved bytes; absent where that cannot be told. */
  readonly shared?: boolean;
  /** Set for a run that read its own companions: then nothing was read at the proxy, and its bytes are unknown. */
  readonly sampled?: 'companions';
  /** In the order of the plan; absent for a run without. */
  readonly companions?: readonly SummaryCompanion[];
  /** What was measured, of a kind that measures more than bytes. */
  readonly tables?: readonly ResultTable[];
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
      ...(evidence.earlierAttemptsBytes === undefined ? {} : { earlierAttemptsBytes: evidence.earlierAttemptsBytes }),
    },
    gapCount: evidence.gaps.length,
    largestGapMs: evidence.largestGapMs,
    proxyRestarts: evidence.proxyRestarts,
    pullAttempts: result.pullAttempts,
    topClient: evidence.topClient,
    topDestination: evidence.topDestination,
    stages: evidence.stages.map((evidenceOfStage) => {
      const stage = summaryStageOf(evidenceOfStage, families.get(evidenceOfStage.stage) ?? 'infrastructure');
      const { figures: _told, ...withoutFigures } = stage;
      return verdict.tables === undefined ? stage : withoutFigures;
    }),
    ...(evidence.images === undefined ? {} : { images: evidence.images.map(summaryImageOf) }),
    ...(evidence.clients === undefined ? {} : { clients: evidence.clients }),
    ...(evidence.shared === undefined ? {} : { shared: evidence.shared }),
    ...(plan.sampling.source === 'companions' ? { sampled: 'companions' as const } : {}),
    ...(evidence.companions === undefined ? {} : { companions: evidence.companions.map(summaryCompanionOf) }),
    ...(verdict.tables === undefined ? {} : { tables: verdict.tables }),
    omittedStages: evidence.omittedStages,
    logLines: verdict.logLines,
  };
}

function summaryImageOf(evidence: ImageEvidence): SummaryImage {
  const { startedAtMs: _started, finishedAtMs: _finished, ...kept } = evidence;
  return kept;
}

function summaryCompanionOf({ name, usage, limits }: CompanionEvidence): SummaryCompanion {
  return {
    name,
    peakMemoryBytes: usage?.peakMemoryBytes ?? null,
    memoryLimitBytes: usage?.memoryLimitBytes ?? null,
    cpuSeconds: usage?.cpuSeconds ?? null,
    periods: usage?.periods ?? null,
    throttledPeriods: usage?.throttledPeriods ?? null,
    restarts: usage?.restarts ?? null,
    oomKills: usage?.oomKills ?? null,
    limits,
  };
}

function summaryStageOf(evidence: StageEvidence, failureFamily: Stage['failureFamily']): SummaryStage {
  const {
    stage: name,
    windowBytes: _window,
    rateBytesPerSecond: _rate,
    contestedBytes: _contested,
    perhapsOwn: _perhaps,
    report,
    ...kept
  } = evidence;
  const figures = report === undefined ? null : reportFigures(report);
  return { name, failureFamily, ...kept, ...(figures === null ? {} : { figures }) };
}
