// From the way a target is reached to the Cluster that reaches it.
import { InvalidInputError } from '../errors/errors.ts';
import type { TargetReach } from '../plan/plan.ts';
import type { Cluster } from './cluster.ts';
import { createHostCluster } from './host/host-cluster.ts';

/**
 * @param input.stateDir where host Jobs are kept; absolute
 * @throws InvalidInputError for a way of reaching a target that this version does not have: trying again cannot help
 */
export function openCluster(input: { readonly connection: TargetReach; readonly stateDir: string }): Cluster {
  switch (input.connection.reach) {
    case 'host':
      return createHostCluster({ stateDir: input.stateDir });
    case 'kubeconfig':
      throw notYet({ reach: 'kubeconfig', where: `context ${input.connection.context}` });
    case 'trans':
      throw notYet({ reach: 'trans', where: `route ${input.connection.route}` });
  }
}

function notYet({ reach, where }: { readonly reach: string; readonly where: string }): InvalidInputError {
  return new InvalidInputError([
    {
      path: 'reach',
      value: reach,
      message: `this version cannot run on a target that is reached by ${reach} (${where}) yet`,
      hint: 'See what would be run there with --dry-run, or run on a target with reach: host',
    },
  ]);
}
