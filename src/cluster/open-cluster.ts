// From the way a target is reached to the Cluster that reaches it.
import { InvalidInputError } from '../errors/errors.ts';
import type { TargetReach } from '../plan/plan.ts';
import { unsupportedReach } from '../plan/unsupported-reach.ts';
import type { Cluster } from './cluster.ts';
import { createHostCluster } from './host/host-cluster.ts';

/**
 * @param input.stateDir where host Jobs are kept; absolute
 * @throws InvalidInputError for a way of reaching a target that this version does not have: trying again cannot help
 */
export function openCluster(input: { readonly connection: TargetReach; readonly stateDir: string }): Cluster {
  const problem = unsupportedReach(input.connection);
  if (problem !== null) throw new InvalidInputError([problem]);
  return createHostCluster({ stateDir: input.stateDir });
}
