// Where programs that run beside the stages cannot be run: told when a run is rendered, and by the target again.
import type { Problem } from '../errors/errors.ts';
import type { CompanionReference, Plan } from './plan.ts';

/** Empty when all is well. For a kind's `checkRendered`, so that a dry run tells too. */
export function companionsRefused(plan: {
  readonly companions?: readonly CompanionReference[];
  readonly target: Plan['target'];
  readonly kind?: string;
}): readonly Problem[] {
  const { companions = [], kind, target } = plan;
  if (companions.length === 0 || target.connection.reach !== 'trans') return [];
  const what = kind === undefined ? 'programs beside the stages' : `profile kind ${kind}`;
  return [
    {
      path: `targets.${target.name}.reach`,
      value: 'trans',
      message: `${what} cannot run over trans yet: nothing on the far side reads the programs beside its stages`,
      hint: 'Choose a target that is reached by kubeconfig, or this machine',
    },
  ];
}
