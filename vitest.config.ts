// How tests run: pure ones side by side, those that start servers and processes one file after another.
import { defineConfig } from 'vitest/config';

/** A dev server takes seconds to come up, and an end-to-end run takes as long as its downloads. */
const SECOND = 1_000;

/** Tests that need the test cluster (docs/test-cluster.md). */
const ON_THE_CLUSTER = ['test/{contract,e2e}/cluster/**/*.test.ts'];

export default defineConfig({
  test: {
    // Two cores are the least a machine has; more would only compete with the servers under test.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30 * SECOND,
          // Pure code has nothing to isolate; loading it once for all files halves the work.
          isolate: false,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          exclude: ON_THE_CLUSTER,
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts', 'test/replay/**/*.test.ts'],
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ON_THE_CLUSTER,
          testTimeout: 300 * SECOND,
          hookTimeout: 300 * SECOND,
          fileParallelism: false,
        },
      },
      {
        test: {
          // Each in a namespace of its own, and nearly all of the time waiting for the cluster.
          name: 'cluster',
          include: ['test/contract/cluster/**/*.test.ts'],
          testTimeout: 300 * SECOND,
          hookTimeout: 300 * SECOND,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // They share the proxy whose bytes they count, and break the cluster on purpose: one after another.
          name: 'cluster-e2e',
          include: ['test/e2e/cluster/**/*.test.ts'],
          testTimeout: 300 * SECOND,
          hookTimeout: 300 * SECOND,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          // It takes the cluster down again and again, so it comes when nobody else needs it.
          name: 'test-cluster',
          include: ['test/cluster/tests/**/*.test.ts'],
          testTimeout: 300 * SECOND,
          hookTimeout: 300 * SECOND,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
