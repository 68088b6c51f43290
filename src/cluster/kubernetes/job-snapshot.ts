// A Job as callers are shown it.
import type { JobSnapshot } from '../cluster.ts';
import { RUN_LABEL, ownAnnotations } from './annotation-keys.ts';
import type { JobHistory } from './job-history.ts';
import { type KubeJob, timeOf } from './kube-objects.ts';

/** `history` is this Job's own. */
export function jobSnapshot(input: { readonly job: KubeJob; readonly history: JobHistory }): JobSnapshot {
  const { metadata } = input.job;
  return {
    jobName: metadata?.name ?? '',
    runId: metadata?.labels?.[RUN_LABEL] ?? '',
    stages: input.history.stages,
    labels: metadata?.labels ?? {},
    annotations: ownAnnotations(metadata?.annotations),
    state: input.history.job,
    createdAtMs: timeOf(metadata?.creationTimestamp) ?? 0,
    finishedAtMs: input.history.endedAtMs,
  };
}
