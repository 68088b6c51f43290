// What makes a Job hopeless before the cluster says so: images that do not come, containers that cannot start, no place.
import { MOST_ENDS_BEFORE_READY } from '../companions/most-ends-before-ready.ts';
import type { KubeEvent, KubeJob, KubeNode, KubePod } from './kube-objects.ts';
import { timeOf } from './kube-objects.ts';
import { cutReason } from './pull-events.ts';
import type { StageCourse } from './stage-course.ts';

/** A failure of the whole Job that the cluster itself would wait out. */
export interface EarlyFailure {
  readonly atMs: number;
  readonly reason: string;
}

/** How long a container may wait with such a reason: a missing ConfigMap may be on its way. Milliseconds. */
export const CANNOT_START_GRACE_MS = 10_000;
/** How long the scheduler may look for a place. Milliseconds. */
export const UNSCHEDULABLE_GRACE_MS = 60_000;
/** How long a Job may be refused its Pod: a quota may have room again. Milliseconds. */
export const CANNOT_BE_MADE_GRACE_MS = 30_000;
/** How long a node may be away. Milliseconds. */
export const NODE_AWAY_GRACE_MS = 15_000;

const CANNOT_START_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Why a container will not start, once it has been given its grace; null while it may. */
export function cannotStart(input: { readonly course: StageCourse; readonly nowMs: number }): EarlyFailure | null {
  const { run, waitsSinceMs } = input.course;
  if (run.waiting === undefined || !CANNOT_START_REASONS.has(run.waiting.reason)) return null;
  const atMs = waitsSinceMs + CANNOT_START_GRACE_MS;
  const { reason, message } = run.waiting;
  return input.nowMs < atMs ? null : { atMs, reason: cutReason(message === '' ? reason : `${reason}: ${message}`) };
}

/** Why a companion that is started again and again will not come up; null while it may. */
export function doesNotComeUp(input: { readonly course: StageCourse; readonly nowMs: number }): EarlyFailure | null {
  const { container, run } = input.course;
  if (run.isUp || run.ends < MOST_ENDS_BEFORE_READY) return null;
  const last = run.failure ?? run.lastFailure ?? 'it does not answer';
  return { atMs: input.nowMs, reason: cutReason(`companion ${container.name} does not come up: ${last}`) };
}

/** The word of the Job controller for a Pod that the cluster refuses: a quota, Pod Security, an admission webhook. */
export const CANNOT_BE_MADE = 'FailedCreate';

/** Why a Job that was let go has no Pod, once it has been refused one for long enough. `events`: the Job's own among them. */
export function cannotBeMade(input: {
  readonly job: KubeJob;
  readonly events: readonly KubeEvent[];
  readonly nowMs: number;
}): EarlyFailure | null {
  const { job, nowMs } = input;
  if (job.spec?.suspend === true) return null;
  const refusals = input.events
    .filter(({ reason, involvedObject }) => reason === CANNOT_BE_MADE && involvedObject?.uid === job.metadata?.uid)
    .toSorted((a, b) => lastToldMs(a) - lastToldMs(b));
  const newest = refusals.at(-1);
  if (newest === undefined) return null;
  const firstMs = Math.min(...refusals.map((event) => timeOf(event.firstTimestamp) ?? lastToldMs(event)));
  const atMs = Math.max(firstMs, timeOf(job.status?.startTime) ?? 0) + CANNOT_BE_MADE_GRACE_MS;
  return nowMs < atMs ? null : { atMs, reason: cutReason(`${CANNOT_BE_MADE}: ${newest.message ?? ''}`) };
}

function lastToldMs({ lastTimestamp, eventTime, metadata }: KubeEvent): number {
  return timeOf(lastTimestamp) ?? timeOf(eventTime) ?? timeOf(metadata?.creationTimestamp) ?? 0;
}

/** Why the Pod has no place, once it has waited long enough for one. */
export function cannotBePlaced(input: { readonly pod: KubePod; readonly nowMs: number }): EarlyFailure | null {
  const scheduled = input.pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return null;
  const sinceMs = timeOf(scheduled.lastTransitionTime) ?? timeOf(input.pod.metadata?.creationTimestamp);
  if (sinceMs === null || input.nowMs < sinceMs + UNSCHEDULABLE_GRACE_MS) return null;
  return { atMs: sinceMs + UNSCHEDULABLE_GRACE_MS, reason: cutReason(`Unschedulable: ${scheduled.message ?? ''}`) };
}

/** Why the node cannot go on with the Pod, once it has been away for long enough. */
export function nodeIsAway(input: {
  readonly pod: KubePod;
  readonly node: KubeNode | null | undefined;
  readonly nowMs: number;
}): EarlyFailure | null {
  const { node, pod, nowMs } = input;
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || ready.status === 'True' || node?.metadata?.name !== pod.spec?.nodeName) return null;
  const sinceMs = timeOf(ready.lastTransitionTime);
  if (sinceMs === null || nowMs < sinceMs + NODE_AWAY_GRACE_MS) return null;
  const words = [ready.reason, ready.message].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    atMs: sinceMs + NODE_AWAY_GRACE_MS,
    reason: cutReason(`node ${pod.spec?.nodeName ?? ''} is not ready: ${words}`),
  };
}
