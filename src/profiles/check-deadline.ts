// What one run may ask for instead of its profile's deadline, whatever its kind.
import type { Problem } from '../errors/errors.ts';
import { MAX_DEADLINE_SECONDS } from './profile-fields.ts';
import type { PlanOverrides } from './profile-kind.ts';

/** The fault of a request's deadline; empty when it asks for none, or for one that can be kept. */
export function deadlineProblems({ deadlineMs }: PlanOverrides): readonly Problem[] {
  const maxMs = MAX_DEADLINE_SECONDS * 1_000;
  if (deadlineMs === undefined || (Number.isInteger(deadlineMs) && deadlineMs >= 1_000 && deadlineMs <= maxMs))
    return [];
  return [
    {
      path: 'deadlineMs',
      value: deadlineMs,
      message: 'is no deadline',
      hint: `Give a whole number of milliseconds from 1000 to ${maxMs}`,
    },
  ];
}
