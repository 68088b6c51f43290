// What a judge has found, before it is made a verdict.
import type { FailureFamily, RunOutcome } from '../../evidence/verdict.ts';

export interface Finding {
  readonly outcome: RunOutcome;
  /** The outcome's own name when left out, where that is a family; else `infrastructure`. */
  readonly family?: FailureFamily;
  /** The stage that decided it; none when left out. */
  readonly stage?: string | null;
  /** One sentence, with or without its full stop. */
  readonly reason: string;
}
