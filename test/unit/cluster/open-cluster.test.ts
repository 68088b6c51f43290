import { expect, test } from 'vitest';
import { createClusters } from '../../../src/cluster/open-cluster.ts';

test('a host target is opened without touching the machine', async () => {
  const clusters = createClusters({ stateDir: '/nowhere/at/all' });
  const cluster = clusters.open({ connection: { reach: 'host' } });
  expect(await cluster.listJobs({ namespace: 'default' })).toEqual([]);
  await clusters.close();
});

test('all who open the same context share one cluster, and each context has its own', async () => {
  const clusters = createClusters({ stateDir: '/nowhere' });
  const one = clusters.open({ connection: { reach: 'kubeconfig', context: 'one' } });
  expect(clusters.open({ connection: { reach: 'kubeconfig', context: 'one' } })).toBe(one);
  expect(clusters.open({ connection: { reach: 'kubeconfig', context: 'two' } })).not.toBe(one);
  await clusters.close();
});

test('all who open the same route share one cluster, and each route has its own', async () => {
  const clusters = createClusters({ stateDir: '/nowhere' });
  const one = clusters.open({ connection: { reach: 'trans', route: 'd518' } });
  expect(clusters.open({ connection: { reach: 'trans', route: 'd518' } })).toBe(one);
  expect(clusters.open({ connection: { reach: 'trans', route: 'd601' } })).not.toBe(one);
  await clusters.close();
});
