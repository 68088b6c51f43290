// How a host Job stands, told from what lies on disk and from who is alive.
import { isRunning } from '../../processes/process-identity.ts';
import type { JobSnapshot } from '../cluster.ts';
import { readAnnotations } from './job-annotations.ts';
import { readHostJob } from './host-job.ts';
import type { HostJob } from './host-job.ts';
import { readClaim } from './job-claim.ts';
import type { RunDirectory } from './run-directory.ts';
import { CLAIM_WITHIN_MS } from './start-supervisor.ts';
import { readTransitions } from './transition-log.ts';
import type { TransitionLog } from './transition-log.ts';

/** The Job's state with the log it was told from. */
export interface JobState {
  readonly state: JobSnapshot['state'];
  readonly log: TransitionLog;
}

/** Looks once. `lost` is a finding, nothing is written down. */
export async function lookAtJob(input: { readonly directory: RunDirectory; readonly job: HostJob }): Promise<JobState> {
  // Life first and the log after it: a supervisor that has its last word and ends in between is then not taken for lost.
  const held = await isHeld(input);
  const log = await readTransitions(input.directory.transitions);
  return { log, state: log.final?.state ?? (held ? 'running' : 'lost') };
}

/** The Job as a caller is shown it, or null when there is none of that name in that namespace. */
export async function readSnapshot(input: {
  readonly directory: RunDirectory;
  readonly namespace: string;
}): Promise<JobSnapshot | null> {
  const job = await readHostJob(input.directory);
  if (job === null || job.namespace !== input.namespace) {
    return null;
  }
  const { state, log } = await lookAtJob({ directory: input.directory, job });
  return {
    jobName: job.jobName,
    runId: job.runId,
    stages: job.stages.map(({ name }) => name),
    labels: job.labels,
    annotations: await readAnnotations(input.directory.annotations),
    state,
    createdAtMs: job.createdAtMs,
    finishedAtMs: log.final?.atMs ?? null,
  };
}

/** Whether somebody is left who will finish the Job: its supervisor, or the one that is just being started. */
async function isHeld(input: { readonly directory: RunDirectory; readonly job: HostJob }): Promise<boolean> {
  const claim = await readClaim(input.directory);
  return claim === null ? Date.now() - input.job.createdAtMs < CLAIM_WITHIN_MS : isRunning(claim.holder);
}
