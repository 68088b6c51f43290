// The last step of a run: removes what it leaves on its target and on the worker, whether or not it came to a Job.
import { patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.ts';
import type { RunReference } from '../plan/plan.ts';
import { noting } from './noting.ts';
import { CLOSE } from './policies.ts';
import type { RunProgress } from './run-progress.ts';

const { cleanUp } = proxyActivities<Activities>(CLOSE);

/** Does nothing for a run that made nothing. What could not be removed is added to `problems`. */
export async function removeTraces(input: {
  readonly run: RunReference;
  readonly progress: Pick<RunProgress, 'jobApplied' | 'samplingOpened'>;
  readonly problems: string[];
}): Promise<void> {
  const { run, progress, problems } = input;
  const { jobApplied, samplingOpened } = progress;
  // 0.1.0 left the readings of a run that never made its Job where they were.
  if (!jobApplied && !(samplingOpened && patched('clean-up-without-job'))) return;
  const cleaned = await noting(problems, () => cleanUp(jobApplied ? { run } : { run, jobApplied }));
  problems.push(...(cleaned?.leftOver ?? []).map((left) => `left over: ${left}`));
}
