// The states that a list of runs can show: a run's own, or how Temporal ended a workflow that could not give one.

/** Outcomes of runs that ended by themselves, in the words of their verdicts. */
export const LISTED_OUTCOMES = [
  'passed',
  'failed',
  'deadline',
  'cancelled',
  'evidence-incomplete',
  'unreachable',
] as const;

/** Every state that a list can be filtered by; `running` means every run that has not ended. */
export const LISTED_STATES = ['running', ...LISTED_OUTCOMES, 'error', 'terminated', 'timed-out'] as const;

export type ListedState = (typeof LISTED_STATES)[number];
