import { expect, test } from 'vitest';
import { openCluster } from '../../../src/cluster/open-cluster.ts';
import { InvalidInputError } from '../../../src/errors/errors.ts';
import type { TargetReach } from '../../../src/plan/plan.ts';

const beyond: TargetReach[] = [
  { reach: 'kubeconfig', context: 'k3s-d601' },
  { reach: 'trans', route: 'd518' },
];

test.each(beyond)('a target reached by $reach is refused for good, with what can be done', (connection) => {
  const open = (): unknown => openCluster({ connection, stateDir: '/nowhere' });
  expect(open).toThrow(InvalidInputError);
  expect(open).toThrow(/cannot run on a target.*--dry-run/);
});

test('a host target is opened without touching the machine', async () => {
  const cluster = openCluster({ connection: { reach: 'host' }, stateDir: '/nowhere/at/all' });
  expect(await cluster.listJobs({ namespace: 'default' })).toEqual([]);
});
