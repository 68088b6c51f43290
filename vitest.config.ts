// How tests run: pure ones side by side, those that start servers and processes one file after another.
import { defineConfig } from 'vitest/config';

/** A dev server takes seconds to come up, and an end-to-end run takes as long as its downloads. */
const SECOND = 1_000;

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
          testTimeout: 300 * SECOND,
          hookTimeout: 300 * SECOND,
          fileParallelism: false,
        },
      },
    ],
  },
});
