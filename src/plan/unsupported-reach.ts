// Which ways of reaching a target this version lacks: the command line refuses them early, the worker in any case.
import type { Problem } from '../errors/errors.ts';
import type { TargetReach } from './plan.ts';

/** What is wrong with running on a target that is reached so; null for a way that this version has. */
export function unsupportedReach(connection: TargetReach): Problem | null {
  switch (connection.reach) {
    case 'host':
      return null;
    case 'kubeconfig':
      return notYet({ reach: 'kubeconfig', where: `context ${connection.context}` });
    case 'trans':
      return notYet({ reach: 'trans', where: `route ${connection.route}` });
  }
}

function notYet({ reach, where }: { readonly reach: string; readonly where: string }): Problem {
  return {
    path: 'reach',
    value: reach,
    message: `this version cannot run on a target that is reached by ${reach} (${where}) yet`,
    hint: 'See what would be run there with --dry-run, or run on a target with reach: host',
  };
}
