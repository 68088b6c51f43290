// Every timeout and retry of the program, each with its reason; nothing else in workflows/ states one.
import { ActivityCancellationType, type ActivityOptions, type RetryPolicy } from '@temporalio/workflow';
import { INVALID_INPUT } from '../errors/failure-types.ts';
import type { Plan } from '../plan/plan.ts';

/** Tries are counted, never the time: hours without a worker must not use them up, they are not the target's fault. */
const QUICK_RETRY: RetryPolicy = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '5s',
  nonRetryableErrorTypes: [INVALID_INPUT],
};

/** Reads files and asks the target for its tools: done in a second, or something is wrong with the target. */
export const RENDER: ActivityOptions = {
  summary: 'names into a plan',
  startToCloseTimeout: '20s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...QUICK_RETRY, maximumAttempts: 10 },
};

/**
 * One reading of the proxy. A proxy that is just being started answers within seconds; one that is silent for half
 * a minute is not there, and a user who waits for the verdict should hear so.
 */
export const OPEN_SAMPLING: ActivityOptions = {
  summary: "the proxy's counters before the run",
  startToCloseTimeout: '10s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...QUICK_RETRY, maximumAttempts: 8 },
};

/**
 * How long a killed worker goes unnoticed. It is the length of the sampling gap that such a death leaves, so it is
 * short; it is several times the heartbeat's pace (1 s), so that a busy machine does not look like a dead one.
 */
const HEARTBEAT_TIMEOUT = '6s';

/**
 * A few API calls, or one process started. Repeatable, so a worker's death between them costs nothing. A cancel waits
 * for its end, so that nothing is made after the stop.
 */
export const APPLY: ActivityOptions = {
  summary: 'make the Job exist',
  startToCloseTimeout: '45s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...QUICK_RETRY, maximumAttempts: 40 },
};

/** Beyond a run's own deadline, so that the workflow's timer always speaks first. */
const DEADLINE_MARGIN_MS = 5 * 60_000;

/** Waits as long as the run may last; a dead worker is noticed by its heartbeat. Only reads: cancelling need not wait. */
export function pollPolicy({ deadlineMs }: { readonly deadlineMs: number }): ActivityOptions {
  return {
    summary: 'wait for the next transition',
    startToCloseTimeout: deadlineMs + DEADLINE_MARGIN_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { ...QUICK_RETRY, maximumInterval: '10s' },
  };
}

/** All that a target has to tell so far: there is something, so it need not wait. A deadline waits for the answer. */
export const LOOK: ActivityOptions = {
  startToCloseTimeout: '15s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...QUICK_RETRY, maximumAttempts: 3 },
};

/** The same before a stop, for the evidence alone: whoever cancels waits, so a target that is slow to answer is not waited for. */
export const LAST_LOOK: ActivityOptions = {
  ...LOOK,
  summary: 'the last news before the stop',
  startToCloseTimeout: '5s',
  retry: { ...QUICK_RETRY, maximumAttempts: 2 },
};

/** Lasts as long as the run; cancelling is how it is told to hand over what it has, so the cancel waits for the answer. */
export function samplePolicy({ deadlineMs }: { readonly deadlineMs: number }): ActivityOptions {
  return {
    summary: 'read the proxy until told to hand over',
    startToCloseTimeout: deadlineMs + DEADLINE_MARGIN_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { ...QUICK_RETRY, maximumInterval: '10s' },
  };
}

/**
 * What ending processes takes beyond their grace time: what does not end is killed, what cannot be killed for a node
 * that is away is forgotten. A try that is cut off begins its grace anew, so each must have room for all of it.
 */
const STOP_MARGIN_MS = 2 * 60_000;

/** A target that refuses for five minutes is left to the Job's own active deadline, and the result says so. */
export function stopPolicy({ cleanUp }: Pick<Plan, 'cleanUp'>): ActivityOptions {
  return {
    summary: 'end everything of the run',
    startToCloseTimeout: cleanUp.stopGraceMs + STOP_MARGIN_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { ...QUICK_RETRY, maximumAttempts: 60 },
  };
}

/** Small reads and writes at the end of a run: collect, annotate, clean-up. Results matter, so five minutes of refusals. */
export const CLOSE: ActivityOptions = {
  startToCloseTimeout: '30s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...QUICK_RETRY, maximumAttempts: 60 },
};

/** A person waits at a terminal: fail within their patience. */
export const INSPECT: ActivityOptions = {
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '30s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...QUICK_RETRY, maximumAttempts: 3 },
};

/** Lasts the seconds asked for (300 at the most) and a margin; a person waits, so one more attempt is all. */
export function sampleTrafficPolicy({ seconds }: { readonly seconds: number }): ActivityOptions {
  return {
    startToCloseTimeout: (seconds + 15) * 1000,
    scheduleToCloseTimeout: (2 * seconds + 30) * 1000,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { ...QUICK_RETRY, maximumAttempts: 2 },
  };
}
