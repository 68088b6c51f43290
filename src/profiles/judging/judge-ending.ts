// How a run ended → verdict, the same for every kind: a kind has its own say on a Job that ended by itself.
import type { JudgeInput, Verdict } from '../../evidence/verdict.ts';
import { formatDuration } from '../../quantities/quantities.ts';
import type { Finding } from './finding.ts';

/** What a kind finds of a Job that ended by itself, well or not. */
export type JobFinding = (input: JudgeInput, succeeded: boolean) => Finding;

/** The verdict on a run, by what ended it: a cancel, a deadline, a broken environment, or its own Job. */
export function judgeEnding(input: JudgeInput, findOnJob: JobFinding): Verdict {
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
      return verdict(input, findOnJob(input, ending.succeeded));
  }
}

function verdict(input: JudgeInput, found: Finding): Verdict {
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
