// How a run ended and what is made of it: the one judgement, and what a judge makes it from.
import { STAGE_FAILURE_FAMILIES, type Plan } from '../plan/plan.ts';
import type { Evidence } from './evidence.ts';
import type { ResultTable } from './result-table.ts';

/** What a failed run failed of. `none` for a passed one. */
export const FAILURE_FAMILIES = [
  'none',
  ...STAGE_FAILURE_FAMILIES,
  'deadline',
  'cancelled',
  'insufficient-traffic',
  'proxy-bypassed',
  'failed-requests',
  'memory-limit',
  'proxy-restarted',
  'evidence-incomplete',
] as const;

export type FailureFamily = (typeof FAILURE_FAMILIES)[number];

/** How a run ended. One to one with the exit codes of the command line. */
export const RUN_OUTCOMES = [
  'passed',
  'failed',
  'deadline',
  'cancelled',
  'evidence-incomplete',
  'unreachable',
] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Where a run is. An outcome once it has ended. */
export type RunState = 'starting' | 'running' | 'ending' | RunOutcome;

/** How a run's own course ended, before evidence is looked at. */
export type Ending =
  | { readonly by: 'job'; readonly succeeded: boolean }
  | {
      readonly by: 'deadline';
      readonly scope: 'run' | 'stage';
      readonly stage: string | null;
      readonly deadlineMs: number;
    }
  | { readonly by: 'cancel'; readonly reason: string; readonly stage: string | null }
  | { readonly by: 'unreachable'; readonly what: string }
  | { readonly by: 'infrastructure'; readonly what: string };

/** The one judgement of a run. */
export interface Verdict {
  readonly outcome: RunOutcome;
  readonly failureFamily: FailureFamily;
  /** One sentence. */
  readonly reason: string;
  /** The stage that decided it, where one did. */
  readonly stage: string | null;
  /** The last useful lines of that stage's log; empty where they say nothing. */
  readonly logLines: readonly string[];
  /** What was measured, of a kind that measures more than bytes; whatever the outcome, as far as it came. */
  readonly tables?: readonly ResultTable[];
}

/** What a judge is given. */
export interface JudgeInput {
  readonly plan: Plan;
  readonly evidence: Evidence;
  readonly ending: Ending;
  readonly logLines: readonly string[];
}

/** Evidence → verdict; pure. */
export type Judge = (input: JudgeInput) => Verdict;
