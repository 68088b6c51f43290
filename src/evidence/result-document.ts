// A finished run, whole.
import type { Plan } from '../plan/plan.ts';
import type { Evidence } from './evidence.ts';
import type { Ending, Verdict } from './verdict.ts';

/** Everything about a finished run, complete enough to explain it and to do it again. */
export interface ResultDocument {
  readonly version: 1;
  readonly plan: Plan;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly ending: Ending;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly pullAttempts: number;
  /** What could not be done while the run was being ended: one sentence each. */
  readonly endingProblems: readonly string[];
}
