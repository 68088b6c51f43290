// Everything that has happened to a Job, as transitions, from what the cluster shows of it at one moment. Pure.
import type { JobSnapshot } from '../cluster.ts';
import type { KnownClients } from '../../evidence/evidence.ts';
import type { Transition } from '../../evidence/transition.ts';
import { podDeletedWhile } from './deleted-pod.ts';
import { type EarlyFailure, cannotBeMade, cannotBePlaced, nodeIsAway } from './early-failure.ts';
import { type HistoryEntry, IMAGE_PULL, JOB_KEY, endKey, openKeys } from './history-entry.ts';
import { type JobEnd, STOPPED_REASON, jobEndOf, stoppedRecordOf } from './job-end.ts';
import type { KubeEvent, KubeJob, KubeNode, KubePod } from './kube-objects.ts';
import { companionContainers, stageContainers, timeOf, trueCondition } from './kube-objects.ts';
import { knownClients } from './known-clients.ts';
import { cutReason } from './pull-events.ts';
import { stageCourses } from './stage-course.ts';
import { companionEntries, courseEntries, knownInOrder } from './stage-entries.ts';

/** What the cluster shows of one Job at one moment. `job` null: there is none. */
export interface JobObservation {
  readonly job: KubeJob | null;
  readonly pods: readonly KubePod[];
  /** Of the Job and its Pods; those of others are passed over. */
  readonly events: readonly KubeEvent[];
  /** The Pod's node, where it may be read. */
  readonly node?: KubeNode | null;
  /** Addresses of the node that the configuration adds. */
  readonly nodeAddresses?: readonly string[];
  /** By the cluster's clock as well as it is known; decides which grace times are over. */
  readonly nowMs: number;
}

/** What has happened, as far as it can be told by now. */
export interface JobHistory {
  /** Tag of the Pod that the entries are about; empty when no Pod is left and none was recorded. */
  readonly pod: string;
  /** When another Pod than a cursor tells of began. */
  readonly podCreatedAtMs: number | null;
  readonly stages: readonly string[];
  /** Of each stage, in the same order; then of each companion. */
  readonly images: readonly string[];
  /** In the order of their times. */
  readonly entries: readonly HistoryEntry[];
  readonly job: JobSnapshot['state'];
  readonly endedAtMs: number | null;
  /** Whether events that should be there by now are not: a watch may be behind, and whoever has one should look anew. */
  readonly eventsMissing: boolean;
  /** Why the Job ended, where it was not for a deleted Pod. */
  readonly endReason: string | null;
  readonly clients: KnownClients;
}

const POD_TAG_CHARACTERS = 8;

/** See the module's own words. Never mixes two Pods: it tells of the oldest that is left. */
export function historyOf(input: JobObservation): JobHistory {
  const { job, nowMs } = input;
  const clients = knownClients(input);
  const nothing = {
    pod: '',
    podCreatedAtMs: null,
    entries: [],
    endedAtMs: null,
    endReason: null,
    eventsMissing: false,
    clients,
  };
  if (job === null) return { ...nothing, stages: [], images: [], job: 'lost' };
  const containers = stageContainers(job);
  const stages = containers.map(({ name }) => name);
  const companions = companionContainers(job);
  const images = [...containers, ...companions].map(({ image }) => image ?? '');
  const pod = input.pods.toSorted((a, b) => createdMs(a) - createdMs(b))[0];
  const record = stoppedRecordOf(job);
  const end = jobEndOf({ job, hasPods: pod !== undefined });
  if (record !== null && (record.endedAtMs !== null || pod === undefined)) {
    return withEnd({ ...nothing, pod: record.pod, stages, images, entries: record.entries, end, early: null });
  }
  if (pod === undefined) {
    const early = end.state === 'running' ? cannotBeMade({ job, events: input.events, nowMs }) : null;
    return withEnd({ ...nothing, stages, images, end, early });
  }

  const events = input.events.filter(({ involvedObject }) => involvedObject?.uid === pod.metadata?.uid);
  const courses = stageCourses({ containers, pod, events, nowMs, over: end.state !== 'running' });
  const noStageYet = courses.every(({ startMs }) => startMs === null);
  // Their places come after those of the stages, which a cursor knows by number.
  const beside = stageCourses({ containers: companions, pod, events, nowMs, over: end.state !== 'running' }).map(
    (course, index) =>
      companionEntries({ course, index: containers.length + index, pod, record, end, nowMs, noStageYet }),
  );
  const inOrder = knownInOrder({ courses, over: end.state !== 'running' }).map((course, index) =>
    courseEntries({ course, index, pod, record, end, nowMs }),
  );
  const told = [...beside, ...inOrder];
  const early =
    end.state === 'running' && record === null
      ? (told.find(({ fatal }) => fatal !== undefined)?.fatal ??
        cannotBePlaced({ pod, nowMs }) ??
        nodeIsAway({ pod, node: input.node, nowMs }))
      : null;
  const entries = told.flatMap((part) => part.entries);
  return withEnd({
    ...nothing,
    pod: (pod.metadata?.uid ?? '').replaceAll('-', '').slice(0, POD_TAG_CHARACTERS),
    podCreatedAtMs: createdMs(pod),
    eventsMissing: courses.some(
      ({ pulls, startMs, startSharp }) =>
        (startMs !== null && !startSharp) || pulls.some(({ guessed }) => guessed === true),
    ),
    stages,
    images,
    entries,
    end: deletedReason({ end, pod, entries }),
    early,
  });
}

/** The entries without the Job's own end, those still open closed as stopped: what is written down with a stop. */
export function entriesAtStop(input: {
  readonly history: JobHistory;
  readonly endedAtMs: number;
}): readonly HistoryEntry[] {
  const entries = input.history.entries.filter(({ key }) => key !== JOB_KEY);
  const keys = new Set(openKeys(entries.map(({ key }) => key)));
  const open = entries.filter(({ key }) => keys.has(key));
  return [
    ...entries,
    ...open.map(({ key, transition }) => ({
      key: endKey({ key, passed: false }),
      transition: {
        ...transition,
        phase: 'failed' as const,
        atMs: Math.max(input.endedAtMs, transition.atMs),
        reason: STOPPED_REASON,
      },
    })),
  ];
}

/** A Pod that goes although nobody stopped its Job was deleted, and that is why the Job failed. */
function deletedReason(input: {
  readonly end: JobEnd;
  readonly pod: KubePod;
  readonly entries: readonly HistoryEntry[];
}): JobEnd {
  const { end, pod, entries } = input;
  if (end.state !== 'failed' || end.byDeadline || pod.metadata?.deletionTimestamp === undefined) return end;
  const stage = entries.findLast(({ transition }) => transition.stage !== IMAGE_PULL)?.transition.stage ?? null;
  const why = trueCondition({ conditions: pod.status?.conditions, type: 'DisruptionTarget' })?.message;
  return { ...end, reason: cutReason(`${podDeletedWhile(stage)}${why === undefined ? '' : `: ${why}`}`) };
}

function withEnd(
  input: Omit<JobHistory, 'job' | 'endedAtMs' | 'endReason'> & {
    readonly end: JobEnd;
    readonly early: EarlyFailure | null;
  },
): JobHistory {
  const { end, early, ...rest } = input;
  const entries = rest.entries.toSorted((a, b) => a.transition.atMs - b.transition.atMs);
  const state = early === null ? end.state : 'failed';
  if (state === 'running' || state === 'lost') {
    return { ...rest, entries, job: state, endedAtMs: null, endReason: null };
  }
  const lastMs = entries.at(-1)?.transition.atMs ?? 0;
  const endedAtMs = Math.max(early?.atMs ?? end.atMs ?? 0, lastMs);
  const reason = early?.reason ?? end.reason;
  const transition: Transition = {
    stage: null,
    phase: state === 'succeeded' ? 'finished' : 'failed',
    atMs: endedAtMs,
    ...(reason === null || state === 'succeeded' ? {} : { reason }),
  };
  return { ...rest, entries: [...entries, { key: JOB_KEY, transition }], job: state, endedAtMs, endReason: reason };
}

function createdMs(pod: KubePod): number {
  return timeOf(pod.metadata?.creationTimestamp) ?? 0;
}
