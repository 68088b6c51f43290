// Why a Job failed: the stage that failed first, in its own words, else what the Job itself told.
import type { Evidence, StageEvidence } from '../../evidence/evidence.ts';
import type { JudgeInput } from '../../evidence/verdict.ts';
import type { Finding } from './finding.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { timeSpan } from './wording.ts';

/** The finding on a Job that failed. */
export function judgeFailure(input: JudgeInput): Finding {
  const { plan, evidence } = input;
  const failed = firstFailed(evidence);
  if (failed === undefined) {
    const beside = companionsFailure(input);
    if (beside !== null) return { outcome: 'failed', family: 'infrastructure', reason: beside };
    const why = evidence.jobReason === undefined ? '' : `: ${evidence.jobReason}`;
    const reason = `The Job failed and none of its stages told of a failure${why}`;
    return { outcome: 'failed', family: 'infrastructure', reason };
  }
  const stage = plan.stages.find(({ name }) => name === failed.stage);
  if (stage?.kind !== 'image-pull' && fellWithItsJob(evidence, failed)) {
    const code = failed.exitCode === undefined ? '' : ` (exit code ${failed.exitCode})`;
    const reason = `The environment broke: ${failed.reason ?? ''}${code}${silenceDuring(evidence, failed)}`;
    return { outcome: 'failed', family: 'infrastructure', stage: failed.stage, reason };
  }
  const why = stage?.kind === 'image-pull' ? whyNotPulled(evidence, failed) : whyFailed(input, failed);
  const reason = `${failed.stage} failed: ${why}${silenceDuring(evidence, failed)}`;
  return { outcome: 'failed', family: stage?.failureFamily ?? 'infrastructure', stage: failed.stage, reason };
}

/** Before the stages there are the programs beside them: the Job's own words where they are about one of those. */
function companionsFailure({ plan, evidence: { jobReason } }: JudgeInput): string | null {
  const isAbout = (plan.companions ?? []).some(({ name }) => jobReason?.startsWith(`companion ${name} `) === true);
  return isAbout && jobReason !== undefined ? `C${jobReason.slice(1)}` : null;
}

/** The failed stage that ended first, for later ones may have fallen with it. */
function firstFailed(evidence: Evidence): StageEvidence | undefined {
  return evidence.stages
    .filter((stage) => stage.state === 'failed')
    .toSorted((a, b) => (a.finishedAtMs ?? Infinity) - (b.finishedAtMs ?? Infinity))[0];
}

/** Whether the stage ended for the very reason for which its Job did: its Pod was deleted, its container never started. */
function fellWithItsJob({ jobReason }: Evidence, { reason }: StageEvidence): boolean {
  return reason !== undefined && jobReason?.startsWith(reason) === true;
}

function whyFailed({ plan }: JudgeInput, { stage, reason, exitCode }: StageEvidence): string {
  const code = exitCode === undefined ? '' : `exit code ${exitCode}`;
  if (reason === undefined) return code === '' ? 'it told no reason' : code;
  const limit = reason.includes('OOMKilled') ? memoryLimitOf({ plan, stage }) : undefined;
  const told = code === '' || reason.includes(code) ? reason : `${reason} (${code})`;
  return limit === undefined ? told : `${told}, its memory limit is ${limit}`;
}

/** The runtime's words, with the image they are about. */
function whyNotPulled({ images }: Evidence, failed: StageEvidence): string {
  const pull = images?.findLast(({ outcome }) => outcome === 'failed');
  const words = pull?.reason ?? failed.reason ?? 'the container runtime told no reason';
  return pull === undefined || words.includes(pull.image) ? words : `${pull.image}: ${words}`;
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
