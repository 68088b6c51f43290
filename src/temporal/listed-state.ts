// The states that a list of runs can show: a run's own, or how Temporal ended a workflow that could not give one.
import { RUN_OUTCOMES } from '../evidence/verdict.ts';

/** Every state that a list can be filtered by; `running` means every run that has not ended. */
export const LISTED_STATES = ['running', ...RUN_OUTCOMES, 'error', 'terminated', 'timed-out'] as const;

export type ListedState = (typeof LISTED_STATES)[number];
