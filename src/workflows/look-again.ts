// Before a deadline ends anything: perhaps it was kept, and nobody was there to tell. A timer runs on without a worker.
import { ActivityFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { Transition } from '../evidence/evidence.ts';
import type { RunReference } from '../plan/plan.ts';
import { LOOK } from './policies.ts';

const { poll } = proxyActivities<Activities>(LOOK);

/**
 * Whether the stage, or the whole Job where `stage` is null, has ended within `limitMs` by the target's own clock,
 * counted from its start, or from `sinceMs`. A target that does not answer counts as no.
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

async function transitionsOf(run: RunReference): Promise<readonly Transition[]> {
  try {
    return (await poll({ run, cursor: null })).transitions;
  } catch (thrown) {
    if (!(thrown instanceof ActivityFailure) || isCancellation(thrown)) throw thrown;
    return [];
  }
}
