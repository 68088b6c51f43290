import { describe, expect, it } from 'vitest';
import { type ResultSummary, summaryOf } from '../../../src/evidence/result-summary.ts';
import { renderEvidence } from '../../../src/reports/evidence-table.ts';
import { PLAIN } from '../../../src/reports/paint.ts';
import { buildEvidence, buildResult, buildStageEvidence } from '../../support/result-builder.ts';

function summaryWith(overrides: Partial<ResultSummary> = {}): ResultSummary {
  const evidence = buildEvidence({
    stages: [
      buildStageEvidence({ attributedBytes: 1_572_864, unattributedBytes: 524_288, note: 'source: a mirror' }),
      buildStageEvidence({ stage: 'go-download', state: 'running', attributedBytes: 0, gap: true }),
      buildStageEvidence({
        stage: 'git-mirror',
        state: 'not-started',
        startedAtMs: null,
        attributedBytes: 0,
        topDestination: null,
      }),
    ],
  });
  return { ...summaryOf(buildResult({ evidence })), ...overrides };
}

describe('the evidence table', () => {
  it('tells window, attributed bytes, share, rate and top destination of each stage', () => {
    const [header, npm] = renderEvidence({ summary: summaryWith(), paint: PLAIN }).split('\n');
    expect(header?.split(/ {2,}/)).toEqual([
      'STAGE',
      'STATE',
      'DURATION',
      'WINDOW',
      'ATTRIBUTED',
      'SHARE',
      'RATE',
      'CUMULATIVE',
      'TOP DESTINATION',
    ]);
    expect(npm?.split(/ {2,}/)).toEqual([
      'npm-install',
      'passed',
      '2.0 s',
      '2.0 MiB',
      '1.5 MiB',
      '75.0%',
      '1.0 MiB/s',
      '2.0 MiB',
      'registry.example:443',
    ]);
  });

  it('shows a stage that the end of the run caught at work as cut short', () => {
    const lines = renderEvidence({ summary: summaryWith(), paint: PLAIN }).split('\n');
    expect(lines[2]).toMatch(/^go-download +cut short /);
    expect(lines[3]).toMatch(/^git-mirror +not-started +- /);
  });

  it('puts notes and gaps under the table', () => {
    const lines = renderEvidence({ summary: summaryWith(), paint: PLAIN }).split('\n');
    expect(lines).toContain('  npm-install: source: a mirror');
    expect(lines).toContain('  go-download: a sampling gap overlaps this stage');
  });

  it('says what was left out, why, and how much nobody explains', () => {
    const text = renderEvidence({
      summary: summaryWith({ omittedStages: [{ name: 'apk-add', reason: 'apk is not on this machine' }] }),
      paint: PLAIN,
    });
    expect(text).toContain('left out: apk-add (apk is not on this machine)');
    expect(text).toContain('unattributed 512.0 KiB');
  });

  it('ends with the verdict, its family and the log lines', () => {
    const summary = summaryWith({
      outcome: 'failed',
      failureFamily: 'npm-download',
      reason: 'npm-install failed: exit code 1.',
      stage: 'npm-install',
      logLines: ['npm error 404'],
    });
    expect(renderEvidence({ summary, paint: PLAIN }).split('\n').slice(-3)).toEqual([
      'failed [npm-download]: npm-install failed: exit code 1.',
      'last useful lines of npm-install:',
      '  | npm error 404',
    ]);
  });

  it('names gaps, restarts and pull attempts only when there were any', () => {
    expect(renderEvidence({ summary: summaryWith(), paint: PLAIN })).toContain(
      'covered 100.0% of the run, no gaps, top client',
    );
    const summary = summaryWith({
      gapCount: 2,
      largestGapMs: 5_000,
      proxyRestarts: 1,
      pullAttempts: 3,
      topClient: null,
    });
    expect(renderEvidence({ summary, paint: PLAIN })).toContain(
      '2 gaps, the longest 5.0 s, the proxy restarted 1 time, images were pulled in 3 attempts\n',
    );
  });

  it('claims no coverage of a run that never came to a stage', () => {
    const evidence = buildEvidence({ stages: [buildStageEvidence({ state: 'not-started', startedAtMs: null })] });
    const text = renderEvidence({ summary: summaryOf(buildResult({ evidence })), paint: PLAIN });
    expect(text).toContain('\nno stage began, no gaps');
    expect(text).not.toContain('sampling covered');
  });

  it('names the failure family only where the outcome does not say it', () => {
    const verdict = (overrides: Partial<ResultSummary>): string | undefined =>
      renderEvidence({ summary: summaryWith({ reason: 'Why.', ...overrides }), paint: PLAIN })
        .split('\n')
        .find((line) => line.endsWith(': Why.'));
    expect(verdict({ outcome: 'deadline', failureFamily: 'deadline' })).toBe('deadline: Why.');
    expect(verdict({ outcome: 'failed', failureFamily: 'npm-download' })).toBe('failed [npm-download]: Why.');
  });
});
