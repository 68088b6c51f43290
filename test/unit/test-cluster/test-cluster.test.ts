import { describe, expect, it } from 'vitest';
import { kubernetesVersion } from '../../cluster/kubernetes-programs.ts';
import { clusterLayout } from '../../cluster/layout.ts';
import { isPodAddress } from '../../cluster/servers/pod-address.ts';
import { whyNoTestCluster } from '../../cluster/why-no-test-cluster.ts';

describe('the test cluster', () => {
  it('keeps its state and its cache apart, each where XDG says', () => {
    const layout = clusterLayout({ HOME: '/home/me', XDG_STATE_HOME: '/state', XDG_CACHE_HOME: '/cache' });
    expect(layout.state).toBe('/state/proxybench/test-cluster');
    expect(layout.cache).toBe('/cache/proxybench/test-cluster');
    expect(clusterLayout({ HOME: '/home/me' }).state).toBe('/home/me/.local/state/proxybench/test-cluster');
  });

  it('says in one line why it cannot run', () => {
    expect(whyNoTestCluster({ PATH: '' })).toMatch(/^the test cluster needs .+$/);
  });

  it('takes the version of Kubernetes from its Go module', () => {
    expect(kubernetesVersion()).toMatch(/^v1\.\d+\.\d+$/);
  });

  it('tells Pods from clients on the node', () => {
    expect(['10.244.0.7', '10.244.0.1', '198.51.100.10', undefined].map(isPodAddress)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
