// The last useful log lines of the stage that decided a run.
import { usefulLogLines } from '../evidence/useful-log-lines.ts';
import type { Activities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

/** Enough to hold an npm or Go error with its context; only the useful lines of it travel on. */
const LOG_TAIL_BYTES = 64 * 1024;

export function createCollect(deps: ActivityDeps): Activities['collect'] {
  return async ({ run, stage }) => {
    const tail = await deps.openCluster({ connection: run.target.connection }).readLog({
      namespace: run.target.namespace,
      jobName: run.jobName,
      stage,
      maxBytes: LOG_TAIL_BYTES,
    });
    return { logLines: usefulLogLines(tail) };
  };
}
