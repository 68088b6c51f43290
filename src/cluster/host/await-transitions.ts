// Waits for what happens next to a host Job, and sees to it that a Job nobody watches over any more has an end.
import type { TransitionPage } from '../cluster.ts';
import { DirectoryChanges } from './directory-changes.ts';
import { finishAbandonedJob } from './finish-abandoned-job.ts';
import { readHostJob } from './host-job.ts';
import { claimJob } from './job-claim.ts';
import { lookAtJob } from './job-state.ts';
import type { RunDirectory } from './run-directory.ts';
import type { TransitionLog } from './transition-log.ts';

/**
 * Resolves with what the log tells after `cursor`, as soon as that is anything or the Job has ended. The cursor is the
 * number of bytes read. A Job that was removed is `lost`.
 */
export async function awaitTransitions(input: {
  readonly directory: RunDirectory;
  readonly cursor: string | null;
  readonly signal: AbortSignal;
}): Promise<TransitionPage> {
  const { directory, signal } = input;
  signal.throwIfAborted();
  const job = await readHostJob(directory);
  if (job === null) {
    return { transitions: [], cursor: input.cursor ?? '0', job: 'lost' };
  }
  const changes = new DirectoryChanges(directory.root);
  try {
    for (;;) {
      const { state, log } = await lookAtJob({ directory, job });
      if (state === 'lost' && log.final === null) {
        await claimJob({ directory, role: 'ender' });
        await finishAbandonedJob({ directory, job, graceMs: job.stopGraceMs });
        continue;
      }
      const page = pageAfter({ log, cursor: input.cursor });
      if (page.transitions.length > 0 || state !== 'running') {
        return { ...page, job: state };
      }
      await changes.next(signal);
    }
  } finally {
    changes.close();
  }
}

function pageAfter(input: {
  readonly log: TransitionLog;
  readonly cursor: string | null;
}): Pick<TransitionPage, 'transitions' | 'cursor'> {
  const from = Number.parseInt(input.cursor ?? '0', 10);
  const after = input.log.placed.filter(({ endOffset }) => endOffset > from);
  return {
    transitions: after.map(({ transition }) => transition),
    cursor: String(after.at(-1)?.endOffset ?? from),
  };
}
