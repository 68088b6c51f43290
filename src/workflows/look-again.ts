// Before a deadline or a cancel ends anything: what has ended by itself, and nobody was there to tell. A timer runs on without a worker.
import { ActivityFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, PollResult } from '../activities/contract.ts';
import type { Transition } from '../evidence/transition.ts';
import type { RunReference } from '../plan/plan.ts';
import { LAST_LOOK, LOOK } from './policies.ts';

const { poll } = proxyActivities<Activities>(LOOK);
const { poll: pollOnce } = proxyActivities<Activities>(LAST_LOOK);

/**
 * Whether the stage, or the whole Job where `stage` is null, has ended within `limitMs` by the target's own clock,
 * counted from its start, or from `sinceMs` of that clock. A target that does not answer counts as no.
 */
export async function endedInTime(input: {
  readonly run: RunReference;
  readonly stage: string | null;
  readonly sinceMs?: number;
  readonly limitMs: number;
}): Promise<boolean> {
  const own = (await transitionsOf(input.run)).filter(({ stage }) => stage === input.stage);
  const end = own.at(-1);
  if (end === undefined || end.phase === 'started') return false;
  const startedAtMs = input.sinceMs ?? own.findLast(({ phase }) => phase === 'started')?.atMs;
  return startedAtMs !== undefined && end.atMs - startedAtMs <= input.limitMs;
}

/** All that the target has to tell of the Job's last attempt by now; null when it does not answer. Asked of one that has told something. */
export async function lastLook(run: RunReference): Promise<PollResult | null> {
  return await answerOf(pollOnce({ run, cursor: null }));
}

async function transitionsOf(run: RunReference): Promise<readonly Transition[]> {
  return (await answerOf(poll({ run, cursor: null })))?.transitions ?? [];
}

async function answerOf(asked: Promise<PollResult>): Promise<PollResult | null> {
  try {
    return await asked;
  } catch (thrown) {
    if (!(thrown instanceof ActivityFailure) || isCancellation(thrown)) throw thrown;
    return null;
  }
}
