import { describe, test } from 'vitest';
import { findRealCluster, openKubeconfigFixture } from '../../support/kubeconfig-fixture.ts';
import { describeClusterContract } from '../cluster-contract.ts';

const real = findRealCluster();

if ('whyNot' in real) {
  describe('a kubeconfig cluster', () => {
    test.skip(`is not looked at: ${real.whyNot}`);
  });
} else {
  describeClusterContract({ kind: 'kubeconfig', open: () => openKubeconfigFixture(real), timeoutMs: 180_000 });
}
