// How often a program beside the loads began anew: before they began, which is no fault of theirs, and since.
import type { CompanionEvidence } from '../../evidence/companion-model.ts';
import type { Plan } from '../../plan/plan.ts';
import { loadOfProxy } from './names.ts';

export interface Restarts {
  /** Until the last reading before the first load; 0 where none told. */
  readonly before: number;
  /** From there to the end; null where nobody told. */
  readonly since: number | null;
}

/** `companion`: what was read of it, of any of the plan's. */
export function restartsOf(input: {
  readonly plan: Plan;
  readonly companion: CompanionEvidence | undefined;
}): Restarts {
  const { plan, companion } = input;
  const loads = new Set((plan.companions ?? []).map(({ name }) => loadOfProxy(name)));
  const first = plan.stages.find(({ name }) => loads.has(name))?.name;
  const before = companion?.stages.find(({ stage }) => stage === first)?.restartsBefore ?? 0;
  const all = companion?.usage?.restarts ?? null;
  return { before, since: all === null ? null : Math.max(0, all - before) };
}
