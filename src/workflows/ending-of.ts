// What was thrown while a run was under way, as the way in which the run ended.
import { ActivityFailure, ApplicationFailure, rootCause } from '@temporalio/workflow';
import { INVALID_INPUT, UNREACHABLE } from '../errors/failure-types.ts';
import type { Ending } from '../evidence/verdict.ts';

/** Turns a failed activity into an ending; anything else is thrown again, for it is a fault of the program. */
export function endingOf(thrown: unknown): Ending {
  if (!(thrown instanceof ActivityFailure)) throw thrown;
  const what = `${thrown.activityType}: ${rootCause(thrown) ?? thrown.message}`;
  return { by: isOfType(thrown, UNREACHABLE) ? 'unreachable' : 'infrastructure', what };
}

/** Whether an activity refused its input for good. */
export function isRefusal(thrown: unknown): boolean {
  return thrown instanceof ActivityFailure && isOfType(thrown, INVALID_INPUT);
}

function isOfType(failure: ActivityFailure, type: string): boolean {
  return failure.cause instanceof ApplicationFailure && failure.cause.type === type;
}
