// Evidence → verdict for real dependency downloads: did every stage work, through the proxy, with enough traffic.
import type {
  Evidence,
  FailureFamily,
  Judge,
  JudgeInput,
  RunOutcome,
  SamplingGap,
  StageEvidence,
  Verdict,
} from '../../evidence/evidence.ts';
import { formatBytes, formatDuration, formatShare } from '../../quantities/quantities.ts';
import { apart, count, timeSpan } from './wording.ts';

/** A stage with less than this many bytes at the proxy moved no payload: a CONNECT and its answer take less. */
export const LEAST_STAGE_BYTES = 1024;

/**
 * Judges a run. First what ended it (cancel, deadline, unreachable, infrastructure, a failed stage); then, for a Job that
 * succeeded, what the proxy saw: a stage it saw nothing of (fewer than 1,024 bytes) bypassed it, unless readings are
 * missing there or unexplained bytes may have been its own; then the bytes within stages against the threshold, unless more may have moved unseen.
 */
export const judgeRealDeps: Judge = (input) => {
  const { ending } = input;
  switch (ending.by) {
    case 'cancel': {
      const during = ending.stage === null ? '' : ` during ${ending.stage}`;
      return verdict(input, {
        outcome: 'cancelled',
        stage: ending.stage,
        reason: `Cancelled${during}: ${ending.reason}`,
      });
    }
    case 'deadline':
      return verdict(input, { outcome: 'deadline', stage: ending.stage, reason: deadlineSentence(ending) });
    case 'unreachable':
      return verdict(input, {
        outcome: 'unreachable',
        family: 'infrastructure',
        reason: `Out of reach: ${ending.what}`,
      });
    case 'infrastructure':
      return verdict(input, {
        outcome: 'failed',
        family: 'infrastructure',
        reason: `The environment broke: ${ending.what}`,
      });
    case 'job':
      return ending.succeeded ? judgeTraffic(input) : judgeFailure(input);
  }
};

function judgeFailure(input: JudgeInput): Verdict {
  const failed = firstFailed(input.evidence);
  if (failed === undefined) {
    const reason = 'The Job failed and none of its stages told of a failure';
    return verdict(input, { outcome: 'failed', family: 'infrastructure', reason });
  }
  const family = input.plan.stages.find((stage) => stage.name === failed.stage)?.failureFamily ?? 'infrastructure';
  const reason = `${failed.stage} failed: ${whyFailed(failed)}${silenceDuring(input.evidence, failed)}`;
  return verdict(input, { outcome: 'failed', family, stage: failed.stage, reason });
}

function judgeTraffic(input: JudgeInput): Verdict {
  const { plan, evidence } = input;
  const unseen = evidence.stages.filter(
    ({ stage, windowBytes }) =>
      windowBytes < LEAST_STAGE_BYTES &&
      plan.stages.some(({ name, needsProxyTraffic }) => name === stage && needsProxyTraffic),
  );
  const bypassed = unseen.filter((stage) => !stage.gap && stage.windowBytes + stage.contestedBytes < LEAST_STAGE_BYTES);
  if (bypassed[0] !== undefined) {
    const reason = `The proxy saw nothing of ${names(bypassed)} although the Job succeeded`;
    return verdict(input, { outcome: 'failed', family: 'proxy-bypassed', stage: bypassed[0].stage, reason });
  }
  if (unseen[0] !== undefined) {
    const why = unseen.some((stage) => stage.gap)
      ? `readings of the proxy are missing there: ${told(evidence.gaps)}`
      : `bytes that no connection explains moved too close to its ends to tell whose they were; sample faster than every ${plan.sampling.intervalMs} ms`;
    const reason = `Nothing was seen of ${names(unseen)} for certain, and ${why}`;
    return verdict(input, { outcome: 'evidence-incomplete', stage: unseen[0].stage, reason });
  }
  const seenBytes = evidence.stages.reduce((total, stage) => total + stage.windowBytes, 0);
  const neededBytes = plan.thresholds.payloadBytes;
  if (seenBytes < neededBytes) {
    const [seen, needed] = apart(seenBytes, neededBytes);
    const numbers = `The proxy saw ${seen} within the stages, ${needed} are needed`;
    if (evidence.gaps.some((gap) => gap.mayHaveMore === true)) {
      const reason = `${numbers}, and more may have moved unseen: ${told(evidence.gaps)}`;
      return verdict(input, { outcome: 'evidence-incomplete', reason });
    }
    return verdict(input, { outcome: 'failed', family: 'insufficient-traffic', reason: numbers });
  }
  return verdict(input, {
    outcome: 'passed',
    family: 'none',
    reason: passedSentence({ evidence, seenBytes, neededBytes }),
  });
}

function verdict(
  input: JudgeInput,
  found: {
    readonly outcome: RunOutcome;
    /** The outcome's own name when left out, where that is a family. */
    readonly family?: FailureFamily;
    readonly stage?: string | null;
    readonly reason: string;
  },
): Verdict {
  const { outcome } = found;
  const sameName = outcome === 'cancelled' || outcome === 'deadline' || outcome === 'evidence-incomplete';
  return {
    outcome,
    failureFamily: found.family ?? (sameName ? outcome : 'infrastructure'),
    reason: found.reason.endsWith('.') ? found.reason : `${found.reason}.`,
    stage: found.stage ?? null,
    logLines: outcome === 'passed' ? [] : input.logLines,
  };
}

function deadlineSentence(ending: Extract<JudgeInput['ending'], { by: 'deadline' }>): string {
  const limit = formatDuration(ending.deadlineMs);
  if (ending.scope === 'stage') return `${ending.stage ?? 'A stage'} took longer than its limit of ${limit}`;
  const during = ending.stage === null ? '' : ` and was ended during ${ending.stage}`;
  return `The run took longer than its limit of ${limit}${during}`;
}

/** The failed stage that ended first, for later ones may have fallen with it. */
function firstFailed(evidence: Evidence): StageEvidence | undefined {
  return evidence.stages
    .filter((stage) => stage.state === 'failed')
    .toSorted((a, b) => (a.finishedAtMs ?? Infinity) - (b.finishedAtMs ?? Infinity))[0];
}

function whyFailed({ reason, exitCode }: StageEvidence): string {
  const code = exitCode === undefined ? '' : `exit code ${exitCode}`;
  if (reason === undefined) return code === '' ? 'it told no reason' : code;
  return code === '' || reason.includes(code) ? reason : `${reason} (${code})`;
}

function silenceDuring(evidence: Evidence, { startedAtMs, finishedAtMs }: StageEvidence): string {
  const gap = evidence.gaps.find(
    ({ cause, fromMs, toMs }) =>
      (cause === 'proxy-silent' || cause === 'proxy-restarted') &&
      fromMs <= (finishedAtMs ?? Infinity) &&
      toMs >= (startedAtMs ?? -Infinity),
  );
  return gap === undefined ? '' : `; the proxy did not answer between ${timeSpan(gap)}`;
}

function passedSentence(input: {
  readonly evidence: Evidence;
  readonly seenBytes: number;
  readonly neededBytes: number;
}): string {
  const { evidence, seenBytes, neededBytes } = input;
  const stages = count(evidence.stages.length, 'stage');
  const left = evidence.omittedStages.length === 0 ? '' : `, ${evidence.omittedStages.length} left out`;
  const traffic = `${formatBytes(seenBytes)} seen at the proxy, ${formatBytes(neededBytes)} needed`;
  const gaps =
    evidence.gaps.length === 0
      ? ''
      : `; readings are missing for ${told(evidence.gaps)}, coverage ${formatShare(evidence.coverage)}`;
  return `${stages} passed${left}: ${traffic}${gaps}`;
}

function told(gaps: readonly SamplingGap[]): string {
  const longest = gaps.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))[0];
  if (longest === undefined) return 'no gap is known';
  return `${count(gaps.length, 'gap')}, the longest between ${timeSpan(longest)} (${longest.reason})`;
}

function names(stages: readonly StageEvidence[]): string {
  return stages.map(({ stage }) => stage).join(', ');
}
