// From apply to whatever comes first: the Job's own end, a deadline, a cancel.
import { CancellationScope, condition, patched, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities, PollResult } from '../activities/contract.ts';
import type { Transition } from '../evidence/transition.ts';
import type { Ending } from '../evidence/verdict.ts';
import { type Plan, referenceOf } from '../plan/plan.ts';
import type { Cancel } from './cancel.ts';
import { endingOf, isRefusal } from './ending-of.ts';
import { endedInTime, lastLook } from './look-again.ts';
import { APPLY, pollPolicy, stopPolicy } from './policies.ts';
import type { RunProgress } from './run-progress.ts';
import { StageDeadlines } from './stage-deadlines.ts';

const { apply } = proxyActivities<Activities>(APPLY);

/** How the run ended. Never throws for what a target or an activity did. */
export async function untilEnding(input: {
  readonly plan: Plan;
  readonly progress: RunProgress;
  readonly cancelled: Promise<Cancel>;
}): Promise<Ending> {
  const { plan, progress, cancelled } = input;
  if (progress.cancelReason !== null) return { by: 'cancel', reason: progress.cancelReason, stage: null };
  const ending = await whateverComesFirst({ plan, progress, cancelled });
  return await withLastNews({ ending, plan, progress });
}

async function whateverComesFirst(input: Parameters<typeof untilEnding>[0]): Promise<Ending> {
  const { plan, progress, cancelled } = input;
  const scope = new CancellationScope();
  const job = new AppliedJob({ plan, progress });
  try {
    return await scope.run(() => {
      const deadlines = new StageDeadlines(plan);
      return Promise.race([
        cancelled.then(({ reason }): Ending => ({ by: 'cancel', reason, stage: progress.stageAtFault() })),
        deadlines.passed,
        runDeadline({ plan, progress, deadlines }),
        applyAndFollow({ plan, progress, deadlines, job }),
      ]);
    });
  } catch (thrown) {
    return endingOf(thrown);
  } finally {
    scope.cancel();
    await job.settled();
  }
}

/**
 * A stage that has ended is not cut short, whoever was not there to tell: no worker, or one that waited for what follows.
 * Asked before the stop, which ends stages itself.
 */
async function withLastNews(input: {
  readonly ending: Ending;
  readonly plan: Plan;
  readonly progress: RunProgress;
}): Promise<Ending> {
  const { ending, plan, progress } = input;
  if (ending.by !== 'cancel' && ending.by !== 'deadline') return ending;
  if (progress.attempts.last.length === 0 || !patched('last-look')) return ending;
  const page = await lastLook(referenceOf(plan));
  if (page === null) return ending;
  progress.seenAgain(page);
  const isStages = ending.by === 'deadline' && ending.scope === 'stage';
  return isStages ? ending : { ...ending, stage: progress.stageAtFault() };
}

/** Makes the Job, and makes it again for another pull. Cancelling waits for its end: a stop must come after it, not beside it. */
class AppliedJob {
  readonly #plan: Plan;
  readonly #progress: RunProgress;
  #applying: Promise<unknown> = Promise.resolve();

  constructor({ plan, progress }: { plan: Plan; progress: RunProgress }) {
    this.#plan = plan;
    this.#progress = progress;
  }

  async apply(): Promise<void> {
    this.#progress.jobApplied = true;
    const input = { plan: this.#plan, attempt: this.#progress.pullAttempts };
    this.#applying = apply(input);
    try {
      await this.#applying;
    } catch (thrown) {
      // Refused before anything was made: what is there under this name, if anything, is somebody else's to end.
      if (input.attempt === 1 && isRefusal(thrown)) this.#progress.jobApplied = false;
      throw thrown;
    }
  }

  async settled(): Promise<void> {
    await this.#applying.catch(() => undefined);
  }
}

async function runDeadline(input: {
  readonly plan: Plan;
  readonly progress: RunProgress;
  readonly deadlines: StageDeadlines;
}): Promise<Ending> {
  const { plan, progress, deadlines } = input;
  // Counted from the run's start, as the status tells it: what came before the Job is part of the run.
  const spentMs = Date.now() - progress.startedAtMs;
  await sleep(Math.max(1, plan.deadlineMs - spentMs), { summary: 'deadline of the run' });
  const sinceMs = progress.startedAtMs - deadlines.clockApartMs;
  const job = { run: referenceOf(plan), stage: null, sinceMs, limitMs: plan.deadlineMs };
  // If so, the news of the Job's end is on its way.
  if (progress.transitions.length > 0 && (await endedInTime(job))) await condition(() => false);
  return { by: 'deadline', scope: 'run', stage: progress.stageAtFault(), deadlineMs: plan.deadlineMs };
}

async function applyAndFollow(input: Parameters<typeof followJob>[0]): Promise<Ending> {
  await input.job.apply();
  input.progress.enter('running');
  return await followJob(input);
}

async function followJob(input: {
  readonly plan: Plan;
  readonly progress: RunProgress;
  readonly deadlines: StageDeadlines;
  readonly job: AppliedJob;
}): Promise<Ending> {
  const { plan, progress, deadlines, job } = input;
  const run = referenceOf(plan);
  const { poll } = proxyActivities<Activities>(pollPolicy(plan));
  const { stop } = proxyActivities<Activities>(stopPolicy(plan));
  for (let cursor: string | null = null; ; ) {
    const page: PollResult = await poll({ run, cursor });
    cursor = page.cursor;
    progress.seen(page);
    deadlines.follow(page.transitions);
    if (pullFailed({ plan, transitions: page.transitions }) && progress.pullAttempts < plan.pullRetry.maxAttempts) {
      await stop({ run });
      await sleep(plan.pullRetry.backoffMs * 2 ** (progress.pullAttempts - 1), {
        summary: 'before another image pull',
      });
      progress.tryAgain();
      await job.apply();
      cursor = null;
      continue;
    }
    switch (page.job) {
      case 'running':
        continue;
      case 'succeeded':
      case 'failed':
        return { by: 'job', succeeded: page.job === 'succeeded' };
      case 'stopped':
        return { by: 'infrastructure', what: 'the Job was stopped by somebody else' };
      case 'lost':
        return { by: 'infrastructure', what: 'the Job vanished before it was finished' };
    }
  }
}

function pullFailed({ plan, transitions }: { plan: Plan; transitions: readonly Transition[] }): boolean {
  const pulls = new Set(plan.stages.filter((stage) => stage.kind === 'image-pull').map((stage) => stage.name));
  return transitions.some(({ stage, phase }) => stage !== null && pulls.has(stage) && phase === 'failed');
}
