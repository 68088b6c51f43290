// Whether a Job has ended and why, told from the Job and from what a stop has written on it.
import type { JobSnapshot } from '../cluster.ts';
import { STOPPED_ANNOTATION } from './annotation-keys.ts';
import { type KubeJob, companionContainers, stageContainers, timeOf, trueCondition } from './kube-objects.ts';
import { cutReason } from './pull-events.ts';
import { type StoppedRecord, decodeStoppedRecord } from './stopped-record.ts';

/** How a Job stands by its own word. */
export interface JobEnd {
  readonly state: JobSnapshot['state'];
  /** Null while it runs. */
  readonly atMs: number | null;
  /** Null where the Job itself does not tell. */
  readonly reason: string | null;
  /** Whether the cluster ended it for taking too long. */
  readonly byDeadline: boolean;
}

export const STOPPED_REASON = 'stopped';

/** The record of the Job's stop; null when nobody has stopped it. */
export function stoppedRecordOf(job: KubeJob): StoppedRecord | null {
  return decodeStoppedRecord({
    text: job.metadata?.annotations?.[STOPPED_ANNOTATION],
    containers: [...stageContainers(job), ...companionContainers(job)],
  });
}

/** `hasPods`: whether any Pod of the Job is left. A Job that was stopped stays so, whatever the cluster makes of it. */
export function jobEndOf(input: { readonly job: KubeJob; readonly hasPods: boolean }): JobEnd {
  const { job, hasPods } = input;
  const { conditions, completionTime } = job.status ?? {};
  const complete = trueCondition({ conditions, type: 'Complete' });
  if (complete !== undefined) {
    return ended({ state: 'succeeded', atMs: timeOf(completionTime) ?? timeOf(complete.lastTransitionTime) });
  }
  const record = stoppedRecordOf(job);
  if (record !== null && record.endedAtMs !== null) {
    return ended({ state: 'stopped', atMs: record.endedAtMs, reason: STOPPED_REASON });
  }
  const failed = trueCondition({ conditions, type: 'Failed' });
  if (failed !== undefined) {
    return ended({
      state: 'failed',
      atMs: timeOf(failed.lastTransitionTime),
      reason: cutReason([failed.reason, failed.message].filter((part) => part !== undefined && part !== '').join(': ')),
      byDeadline: failed.reason === 'DeadlineExceeded',
    });
  }
  // A stop that was cut off after its Pods were gone has done what was asked of it.
  if (record !== null && !hasPods && job.spec?.suspend === true) {
    return ended({ state: 'stopped', atMs: record.askedAtMs, reason: STOPPED_REASON });
  }
  const suspended = trueCondition({ conditions, type: 'Suspended' });
  // Of the first generation it was made suspended and is still to be let go; a start time is kept by neither.
  // One that was let go just now has a status that does not know it yet.
  const wasLetGo = (job.metadata?.generation ?? 1) > 1;
  const isSuspended = suspended !== undefined && job.spec?.suspend === true;
  if (isSuspended && record === null && !hasPods && wasLetGo) {
    return ended({
      state: 'stopped',
      atMs: timeOf(suspended.lastTransitionTime),
      reason: 'suspended by somebody else',
    });
  }
  const failing = trueCondition({ conditions, type: 'FailureTarget' });
  return { state: 'running', atMs: null, reason: null, byDeadline: failing?.reason === 'DeadlineExceeded' };
}

function ended(input: {
  readonly state: JobSnapshot['state'];
  readonly atMs: number | null;
  readonly reason?: string;
  readonly byDeadline?: boolean;
}): JobEnd {
  return { reason: null, byDeadline: false, ...input };
}
