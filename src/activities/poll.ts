// Waits for a Job's next transition; the cursor is the caller's, so that another worker can go on from it.
import type { Cluster, TransitionPage } from '../cluster/cluster.ts';
import type { RunReference } from '../plan/plan.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { heartbeating } from './heartbeating.ts';

/**
 * How long the end of a stage waits for the start of what follows it. Both then travel together, which halves the
 * history that a run leaves; nothing is decided later for it, as only the Job's end or a failure decides anything.
 */
const FOLLOW_UP_WITHIN_MS = 3_000;

export function createPoll(deps: ActivityDeps): Activities['poll'] {
  return ({ run, cursor }) =>
    heartbeating({
      details: () => ({ cursor }),
      work: async (signal) => {
        const cluster = deps.openCluster({ connection: run.target.connection });
        const page = await cluster.nextTransitions({ plan: run, cursor, signal });
        return hasFollowUp(page) ? await withFollowUp({ cluster, run, page, signal }) : page;
      },
    });
}

/** A stage ended well and the Job goes on: something else is about to start. */
function hasFollowUp({ transitions, job }: TransitionPage): boolean {
  return job === 'running' && transitions.at(-1)?.phase === 'finished';
}

async function withFollowUp(input: {
  readonly cluster: Cluster;
  readonly run: RunReference;
  readonly page: TransitionPage;
  readonly signal: AbortSignal;
}): Promise<TransitionPage> {
  const { cluster, run, page, signal } = input;
  const timeout = AbortSignal.timeout(FOLLOW_UP_WITHIN_MS);
  try {
    const next = await cluster.nextTransitions({
      plan: run,
      cursor: page.cursor,
      signal: AbortSignal.any([signal, timeout]),
    });
    return { ...page, ...next, transitions: [...page.transitions, ...next.transitions] };
  } catch (thrown) {
    if (timeout.aborted && !signal.aborted) return page;
    throw thrown;
  }
}
