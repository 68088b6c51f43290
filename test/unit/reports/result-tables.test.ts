import { describe, expect, it } from 'vitest';
import { resultRow } from '../../../src/evidence/result-row.ts';
import { summaryOf } from '../../../src/evidence/result-summary.ts';
import { renderEvidence } from '../../../src/reports/evidence-table.ts';
import { trafficText } from '../../../src/reports/live-view.ts';
import { PLAIN } from '../../../src/reports/paint.ts';
import { renderResultRows } from '../../../src/reports/result-rows.ts';
import { runDetails } from '../../../src/workflows/run-details.ts';
import { metadataProxyResult } from '../../support/metadata-proxy-result.ts';
import { buildResult } from '../../support/result-builder.ts';

const result = metadataProxyResult();
const text = renderEvidence({ summary: summaryOf(result), paint: PLAIN });

describe('a run that measured more than bytes', () => {
  it('is shown with its tables, and without columns of bytes that nobody has read', () => {
    expect(text.split('\n')).toEqual([
      'STAGE      STATE   DURATION',
      'load-500m  passed     2.0 s',
      'load-30m   passed     2.0 s',
      '',
      'The proxy within its limits',
      'LIMITS     REQUESTS  FAILED     RATE   TRANSFER   TOOK  PEAK MEMORY     LIMIT  CPU TIME  THROTTLED PERIODS  OF PERIODS  RESTARTS  KILLED FOR MEMORY',
      '500m/25Mi   200,000       0  3,100/s  1.3 MiB/s  1.6 s     21.3 MiB  25.0 MiB     3.5 s              1,160       1,180         0                  0',
      '30m/25Mi      5,000       0  3,100/s  1.3 MiB/s  1.6 s     21.3 MiB  25.0 MiB     3.5 s              1,160       1,180         0                  0',
      '',
      'Times of a request in milliseconds',
      'LIMITS     MS           MIN  MEAN    SD   50%   66%   75%   80%   90%   95%   98%   99%  99.9%   MAX',
      '500m/25Mi  connect     0.20  0.40  0.10  0.40  0.44  0.48  0.52  0.56  0.60  0.64  0.80   1.20  1.60',
      '500m/25Mi  processing  23.5  47.0  11.8  47.0  51.7  56.4  61.1  65.8  70.5  75.2  94.0    141   188',
      '500m/25Mi  waiting     23.0  46.0  11.5  46.0  50.6  55.2  59.8  64.4  69.0  73.6  92.0    138   184',
      '500m/25Mi  total       24.0  48.0  12.0  48.0  52.8  57.6  62.4  67.2  72.0  76.8  96.0    144   192',
      '30m/25Mi   connect     0.20  0.40  0.10  0.40  0.44  0.48  0.52  0.56  0.60  0.64  0.80   1.20  1.60',
      '30m/25Mi   processing  23.5  47.0  11.8  47.0  51.7  56.4  61.1  65.8  70.5  75.2  94.0    141   188',
      '30m/25Mi   waiting     23.0  46.0  11.5  46.0  50.6  55.2  59.8  64.4  69.0  73.6  92.0    138   184',
      '30m/25Mi   total       24.0  48.0  12.0  48.0  52.8  57.6  62.4  67.2  72.0  76.8  96.0    144   192',
      '',
      'beside the stages: upstream without limits, proxy-500m within its limits, proxy-30m within its limits',
      'sampling covered 100.0% of the run, no gaps',
      '',
      'passed: 2 limits passed: 500m/25Mi 3,100 requests/s, p99 96 ms, 0 failed, peak 21.3 of 25 MiB; 30m/25Mi 3,100 requests/s, p99 96 ms, 0 failed, peak 21.3 of 25 MiB.',
    ]);
  });

  it('keeps the figures that matter most where a terminal is narrow', () => {
    const lines = renderEvidence({ summary: summaryOf(result), paint: PLAIN, width: 80 }).split('\n');
    const headers = lines.filter((line) => line.startsWith('LIMITS')).map((line) => line.split(/ {2,}/));
    expect(headers[0]).toEqual(
      expect.arrayContaining(['FAILED', 'RATE', 'PEAK MEMORY', 'THROTTLED PERIODS', 'RESTARTS']),
    );
    expect(headers[1]).toEqual(expect.arrayContaining(['MEAN', '50%', '99%', 'MAX']));
    expect(headers.map((header) => header.length)).toEqual([7, 11]);
  });

  it('tells of its images what the runtime says of them, and nothing of a proxy', () => {
    const image = {
      image: 'proxybench-worker:0.1.0',
      outcome: 'pulled',
      durationMs: 900,
      durationWithQueueMs: 950,
      sizeBytes: 2_097_152,
      proxyBytes: 0,
      rateBytesPerSecond: 0,
    } as const;
    const shown = renderEvidence({ summary: { ...summaryOf(result), images: [image] }, paint: PLAIN });
    expect(shown).toContain('IMAGE                    OUTCOME    PULL  WITH QUEUE     SIZE\n');
    expect(shown).toContain('proxybench-worker:0.1.0  pulled   900 ms      950 ms  2.0 MiB\n');
  });

  it('tells while it runs what it reads, and no bytes of a proxy', () => {
    const totals = { totals: null, rateBytesPerSecond: null };
    expect(trafficText({ ...totals, sampled: 'companions' })).toBe('reading the programs beside the stages');
    expect(trafficText({ ...totals, sampled: undefined })).toBe('at the proxy: nothing read yet');
  });

  it('has no columns of bytes in its final row, and dashes there beside a run that has them', () => {
    const rows = [resultRow(result)];
    expect(renderResultRows({ rows, paint: PLAIN }).split('\n')[0]?.split(/ {2,}/)).toEqual([
      ...['TARGET', 'PROFILE', 'JOB', 'STATE', 'DURATION', 'FAILURE FAMILY'],
    ]);
    const both = renderResultRows({ rows: [...rows, resultRow(buildResult())], paint: PLAIN }).split('\n');
    expect(both[0]).toContain('APK MiB');
    expect(both[1]?.split(/ {2,}/).filter((cell) => cell === '-')).toHaveLength(10);
  });

  it("has its tables in Temporal's web UI, and no bytes there either", () => {
    const { plan, evidence, verdict } = result;
    const details = runDetails({
      version: 1,
      runId: plan.runId,
      workflowId: 'w',
      target: 'local',
      profile: plan.profile,
      node: 'local',
      jobName: plan.jobName,
      state: 'passed',
      startedAtMs: 0,
      finishedAtMs: 9_000,
      deadlineAtMs: null,
      stages: evidence.stages.map(({ stage }) => ({
        name: stage,
        state: 'passed',
        startedAtMs: 0,
        finishedAtMs: 2_000,
      })),
      omittedStages: [],
      pullAttempts: 1,
      cancelReason: null,
      evidence,
      verdict,
    });
    expect(details).not.toContain('Proxy total');
    expect(details).toContain('| load-500m | passed | 1970-01-01 00:00:00Z | 2.0 s | - | - | - |  |');
    expect(details).toContain(
      'The proxy within its limits\n\n| limits | requests | failed | rate | transfer | took | peak memory | limit |',
    );
    expect(details).toContain('| 500m/25Mi | total | 24.0 | 48.0 | 12.0 | 48.0 |');
  });
});
