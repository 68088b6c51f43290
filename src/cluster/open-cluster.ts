// From the way a target is reached to the Cluster that reaches it.
import { UnreachableError } from '../errors/errors.ts';
import type { TargetReach } from '../plan/plan.ts';
import type { Cluster } from './cluster.ts';
import { createHostCluster } from './host/host-cluster.ts';

/**
 * @param input.stateDir where host Jobs are kept; absolute
 * @throws UnreachableError for a way of reaching a target that this version does not have
 */
export function openCluster(input: { readonly connection: TargetReach; readonly stateDir: string }): Cluster {
  switch (input.connection.reach) {
    case 'host':
      return createHostCluster({ stateDir: input.stateDir });
    case 'kubeconfig':
      throw notYet(`the kubeconfig context ${input.connection.context}`);
    case 'trans':
      throw notYet(`the trans route ${input.connection.route}`);
  }
}

function notYet(where: string): UnreachableError {
  return new UnreachableError(
    `This version cannot run on a target that is reached by ${where} yet.`,
    'See what would be run there with --dry-run, or run on a target with reach: host.',
  );
}
