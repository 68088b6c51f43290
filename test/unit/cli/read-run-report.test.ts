import { describe, expect, it } from 'vitest';
import type { InspectedJob } from '../../../src/activities/contract.ts';
import { readRunReport } from '../../../src/cli/read-run-report.ts';
import { UnreachableError } from '../../../src/errors/errors.ts';
import { encodeAnnotations } from '../../../src/evidence/annotation.ts';
import { summaryOf } from '../../../src/evidence/result-summary.ts';
import type { RunReport } from '../../../src/reports/run-report.ts';
import type { RunSummary } from '../../../src/temporal/list-runs.ts';
import type { RunEnd, Runs } from '../../../src/temporal/runs.ts';
import { metadataProxyResult } from '../../support/metadata-proxy-result.ts';

const result = metadataProxyResult();
const summary = summaryOf(result);
const [first, second] = summary.tables ?? [];
/** What is too much for an annotation. */
const large = {
  ...result,
  verdict: {
    ...result.verdict,
    tables: [first, { ...second, rows: Array.from({ length: 6 }, () => second?.rows).flat() }],
  },
} as typeof result;

const RUN = {
  run: 'r1',
  workflowId: 'proxybench-run-r1',
  target: 'local',
  jobName: result.plan.jobName,
  state: 'passed',
  open: false,
} as RunSummary;

function reportOf(input: { readonly result: typeof result; readonly end: () => RunEnd }): Promise<RunReport> {
  const annotations = encodeAnnotations({ summary: summaryOf(input.result), digest: 'd' });
  const runs: Pick<Runs, 'inspectTarget' | 'endOf'> = {
    inspectTarget: () =>
      Promise.resolve({
        target: 'local',
        node: 'local',
        job: { annotations } as unknown as InspectedJob,
        logs: [],
        checks: [],
      }),
    endOf: async () => Promise.resolve(input.end()),
  };
  return readRunReport({ runs: runs as Runs, run: RUN });
}

describe('a run that has ended', () => {
  it("is read from its Job's annotation, and Temporal is not asked for its result", async () => {
    const end = (): RunEnd => {
      throw new Error('asked');
    };
    const report = await reportOf({ result, end });
    expect(report).toMatchObject({ source: "the Job's annotation", note: null, state: 'passed' });
    expect(report.summary).toEqual(summary);
  });

  it("is read whole from its workflow's result where the annotation was cut to fit", async () => {
    const report = await reportOf({ result: large, end: () => ({ kind: 'result', result: large }) });
    expect(report).toMatchObject({ source: "the workflow's result", note: null });
    expect(report.summary?.tables).toEqual(large.verdict.tables);
  });

  it.each<[string, () => RunEnd]>([
    ['has forgotten the result', () => ({ kind: 'terminated', message: 'gone' })],
    [
      'does not answer',
      () => {
        throw new UnreachableError('no answer', 'start it');
      },
    ],
  ])('is read from the cut annotation where Temporal %s, and a note says that it was cut', async (_, end) => {
    const report = await reportOf({ result: large, end });
    expect(report).toMatchObject({
      source: "the Job's annotation",
      note: "the annotation was cut to fit; the workflow's result has all of it",
    });
    expect(report.summary?.tables).toHaveLength(1);
  });
});
