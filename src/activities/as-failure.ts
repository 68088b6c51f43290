// What an activity throws, as the failure type that the workflow's retry policies know.
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { InvalidInputError, UnreachableError, messageOf } from '../errors/errors.ts';
import { INFRASTRUCTURE, INVALID_INPUT, UNREACHABLE } from '../errors/failure-types.ts';

/** Wraps every function of `activities` so that its errors carry their kind across Temporal. */
export function withFailureTypes<T extends object>(activities: T): T {
  return Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (...input: readonly unknown[]) => {
        try {
          return await (run as (...input: readonly unknown[]) => Promise<unknown>)(...input);
        } catch (thrown) {
          throw asFailure(thrown);
        }
      },
    ]),
  ) as T;
}

function asFailure(thrown: unknown): Error {
  if (thrown instanceof CancelledFailure || thrown instanceof ApplicationFailure) return thrown;
  if (thrown instanceof InvalidInputError) {
    return ApplicationFailure.create({
      message: thrown.message,
      type: INVALID_INPUT,
      nonRetryable: true,
      details: [thrown.problems],
    });
  }
  if (thrown instanceof UnreachableError) {
    const { message, hint } = thrown;
    return ApplicationFailure.create({
      // The web UI and a verdict's reason show the message alone; who can show two lines takes the details.
      message: `${message} (${hint})`,
      type: UNREACHABLE,
      details: [{ message, hint }],
      cause: thrown,
    });
  }
  const cause = thrown instanceof Error ? { cause: thrown } : {};
  return ApplicationFailure.create({ message: messageOf(thrown), type: INFRASTRUCTURE, ...cause });
}
