import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterStack, startClusterStack } from '../../support/cluster-stack.ts';
import { whyNoFaults, whyNoRealCluster } from '../../support/real-cluster.ts';
import { findings, provokeFailure } from './provoked-failure.ts';
import { PROVOKED_FAILURES } from './provoked-failures.ts';

const why = whyNoRealCluster();

describe.skipIf(why !== null)(
  `a failure provoked on a real node gets its own family and a useful reason${why === null ? '' : ` (left out: ${why})`}`,
  () => {
    let stack: ClusterStack;
    beforeAll(async () => {
      stack = await startClusterStack();
    });
    afterAll(async () => {
      await stack?.stop();
    });

    for (const failure of PROVOKED_FAILURES.filter(({ inTests }) => inTests)) {
      const leftOut = failure.needsOwnCluster ? whyNoFaults() : null;
      const { outcome, family } = failure.expected;
      const title = `${failure.name}: ${outcome === family ? outcome : `${outcome}, ${family}`}`;
      it.skipIf(leftOut !== null)(leftOut === null ? title : `${title} (left out: ${leftOut})`, async () => {
        const provoked = await provokeFailure({ stack, failure });
        expect(findings({ failure, provoked })).toEqual([]);
      });
    }
  },
);
