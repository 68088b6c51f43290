import { expect, test } from 'vitest';
import { readReport, unexcused } from '../../../scripts/testing/read-report.ts';

const assertion = (fullName: string, status: string) => ({ fullName, status });

test('the closing line counts tests, and a file that broke before its tests as one failure', () => {
  const summary = readReport({
    testResults: [
      { name: 'a', status: 'failed', assertionResults: [assertion('one', 'passed'), assertion('two', 'failed')] },
      { name: 'b', status: 'failed', message: 'cannot load', assertionResults: [] },
      {
        name: 'c',
        status: 'passed',
        assertionResults: [assertion('three', 'skipped'), assertion('four', 'todo'), assertion('five', 'pending')],
      },
    ],
  });
  expect(summary).toEqual({
    passed: 1,
    failed: 2,
    skipped: ['three', 'four', 'five'],
    closingLine: '1 passed, 2 failed, 3 skipped',
  });
});

test('a skipped test is excused only by a part of its own title', () => {
  const skipped = ['needs Docker to run', 'needs sing-box to run'];
  expect(unexcused({ skipped, allowed: '' })).toEqual(skipped);
  expect(unexcused({ skipped, allowed: ' ; Docker' })).toEqual(['needs sing-box to run']);
});
