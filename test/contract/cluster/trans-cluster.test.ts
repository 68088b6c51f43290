import { describe, test } from 'vitest';
import { openTransFixture, whyNoTransTests } from '../../support/trans-fixture.ts';
import { describeClusterContract } from '../cluster-contract.ts';

const why = whyNoTransTests();

if (why === null) {
  describeClusterContract({ kind: 'trans', open: () => openTransFixture({ sharedLine: true }), timeoutMs: 240_000 });
} else {
  describe('a trans cluster', () => {
    test.skip(`keeps the contract of every cluster (skipped: ${why})`, () => undefined);
  });
}
