// One stage's course as the transitions that are told of it.
import type { Transition } from '../../evidence/transition.ts';
import { podDeletedWhile } from './deleted-pod.ts';
import { type EarlyFailure, cannotStart, doesNotComeUp } from './early-failure.ts';
import { type HistoryEntry, IMAGE_PULL, keyOf } from './history-entry.ts';
import { type JobEnd, STOPPED_REASON } from './job-end.ts';
import type { KubePod } from './kube-objects.ts';
import { PULL_FAILURE_REASONS, cutReason } from './pull-events.ts';
import type { StageCourse } from './stage-course.ts';
import type { StoppedRecord } from './stopped-record.ts';

/**
 * Events come at once and a container's end up to seconds later: while the end of one is not known yet, nothing is told
 * of those after it, so that what is told comes in order. A Job that is over has nothing to wait for.
 */
export function knownInOrder(input: { readonly courses: readonly StageCourse[]; readonly over: boolean }) {
  const { courses, over } = input;
  const open = courses.findIndex(({ startMs, endMs }) => startMs !== null && endMs === null);
  return over || open === -1 ? courses : courses.slice(0, open + 1);
}

/** What one stage has to tell. */
export interface CourseEntries {
  readonly entries: readonly HistoryEntry[];
  /** What of this stage ends the Job although the cluster goes on trying. */
  readonly fatal?: EarlyFailure;
}

/** The stage's pulls, its start and its end. */
export function courseEntries(input: {
  readonly course: StageCourse;
  readonly index: number;
  readonly pod: KubePod;
  readonly record: StoppedRecord | null;
  readonly end: JobEnd;
  readonly nowMs: number;
}): CourseEntries {
  const { course, index, nowMs } = input;
  const pulls = pullEntries(input);
  const stage = course.container.name;
  const started: readonly HistoryEntry[] =
    course.startMs === null
      ? []
      : [{ key: keyOf({ index, code: 's' }), transition: { stage, phase: 'started', atMs: course.startMs } }];
  const refused = course.startMs === null ? cannotStart({ course, nowMs }) : null;
  if (refused !== null) {
    const transition: Transition = { stage, phase: 'failed', atMs: refused.atMs, reason: refused.reason };
    return {
      entries: [...pulls.entries, { key: keyOf({ index, code: 'x' }), transition }],
      fatal: pulls.fatal ?? refused,
    };
  }
  return {
    entries: [...pulls.entries, ...started, ...endEntry(input)],
    ...(pulls.fatal === undefined ? {} : { fatal: pulls.fatal }),
  };
}

/** Of a companion only its pulls are told; it is no stage. What keeps it from coming up keeps all stages from starting. */
export function companionEntries(
  input: Parameters<typeof courseEntries>[0] & {
    /** Whether no stage has started yet. */
    readonly noStageYet: boolean;
  },
): CourseEntries {
  const { course, nowMs, noStageYet } = input;
  const { entries, fatal } = pullEntries(input);
  if (!noStageYet) return { entries };
  const why = fatal ?? cannotStart({ course, nowMs }) ?? doesNotComeUp({ course, nowMs });
  return why === null ? { entries } : { entries, fatal: why };
}

function endEntry(input: Parameters<typeof courseEntries>[0]): readonly HistoryEntry[] {
  const { course, index, pod, record, end } = input;
  const { run, startMs, endMs, startSharp } = course;
  const stage = course.container.name;
  const betterStartMs = run.ownStartMs ?? (startSharp ? startMs : null);
  const startedAt = betterStartMs === null ? {} : { startedAtMs: betterStartMs };
  if (endMs === null) {
    // A Pod that the cluster gave up may leave its containers without an end of their own.
    if (pod.status?.phase !== 'Failed' || startMs === null) return [];
    const reason = cutReason(
      [pod.status.reason ?? 'the Pod failed', pod.status.message ?? ''].join(': ').replace(/: $/, ''),
    );
    const atMs = Math.max(startMs, end.atMs ?? 0);
    return [{ key: keyOf({ index, code: 'x' }), transition: { stage, phase: 'failed', atMs, ...startedAt, reason } }];
  }
  const ownWords = {
    ...(run.exitCode === undefined ? {} : { exitCode: run.exitCode }),
    ...(run.report === undefined ? {} : { report: run.report }),
  };
  if (run.failure === undefined) {
    const reason = run.restarts === 0 ? {} : { reason: `restarted ${run.restarts} times` };
    const transition: Transition = { stage, phase: 'finished', atMs: endMs, ...ownWords, ...startedAt, ...reason };
    return [{ key: keyOf({ index, code: 'f' }), transition }];
  }
  const killed = pod.metadata?.deletionTimestamp !== undefined;
  const stopped = record !== null && killed;
  const reason = stopped
    ? STOPPED_REASON
    : killed && end.byDeadline
      ? 'DeadlineExceeded'
      : killed && isBySignal(run.exitCode) && run.failure !== 'OOMKilled'
        ? podDeletedWhile(stage)
        : run.failure;
  const transition: Transition = { stage, phase: 'failed', atMs: endMs, ...ownWords, ...startedAt, reason };
  return [{ key: keyOf({ index, code: 'x' }), transition }];
}

/** SIGTERM or SIGKILL, with which a kubelet ends the containers of a deleted Pod. */
function isBySignal(exitCode: number | undefined): boolean {
  return exitCode === 143 || exitCode === 137;
}

function pullEntries(input: Parameters<typeof courseEntries>[0]): CourseEntries {
  const { course, index, nowMs } = input;
  const image = course.container.image ?? '';
  const entries = course.pulls.flatMap(({ beginMs, endMs, facts, failure }, place): readonly HistoryEntry[] => {
    const ordinal = place + 1;
    const begun: HistoryEntry = {
      key: keyOf({ index, code: 'p', ordinal }),
      transition: { stage: IMAGE_PULL, phase: 'started', atMs: beginMs, image },
    };
    if (endMs === null) return [begun];
    const transition: Transition =
      failure === undefined
        ? { stage: IMAGE_PULL, phase: 'finished', atMs: endMs, image, ...(facts === undefined ? {} : { pull: facts }) }
        : { stage: IMAGE_PULL, phase: 'failed', atMs: endMs, image, reason: failure };
    return [begun, { key: keyOf({ index, code: failure === undefined ? 'P' : 'X', ordinal }), transition }];
  });
  if (course.startMs !== null) return { entries };
  const last = course.pulls.at(-1);
  if (last?.failure !== undefined) {
    return { entries, fatal: { atMs: last.endMs ?? nowMs, reason: last.failure } };
  }
  const { waiting } = course.run;
  if (waiting === undefined || !PULL_FAILURE_REASONS.has(waiting.reason)) return { entries };
  // The status tells of it and no event does, yet or ever.
  const reason = cutReason(waiting.message === '' ? waiting.reason : `${waiting.reason}: ${waiting.message}`);
  const ordinal = Math.max(1, course.pulls.length);
  const atMs = Math.max(nowMs, last?.beginMs ?? 0);
  const failed: Transition = { stage: IMAGE_PULL, phase: 'failed', atMs, image, reason };
  return {
    entries: [...entries, { key: keyOf({ index, code: 'X', ordinal }), transition: failed }],
    fatal: { atMs, reason },
  };
}
