import { expect, it } from 'vitest';
import { PLAIN } from '../../../src/reports/paint.ts';
import { renderList } from '../../../src/reports/list-table.ts';

it('keeps one line per run in a terminal of 80 columns', () => {
  const run = {
    run: 'mwqlghuohnch',
    workflowId: 'proxybench-run-mwqlghuohnch',
    target: 'local',
    profile: 'real-deps-500m',
    jobName: null,
    open: false,
    state: 'evidence-incomplete',
    startedAtMs: 0,
    finishedAtMs: 138_000,
    failureFamily: 'evidence-incomplete',
  } as const;
  const lines = renderList({ runs: [run, run], nowMs: 0, paint: PLAIN, width: 80 }).split('\n');
  expect(lines).toHaveLength(3);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
