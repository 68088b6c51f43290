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

  it('tells whose the top client of each stage is, where a cluster tells it', () => {
    const lines = renderEvidence({ summary: clusterSummary(), paint: PLAIN }).split('\n');
    expect(lines[0]).toContain('  TOP CLIENT         TOP DESTINATION');
    expect(lines[1]).toContain('  10.244.0.1 (node)  registry.example:443');
    expect(lines[2]).toContain('  10.244.0.17 (pod)  registry.example:443');
    expect(lines.find((line) => line.startsWith('sampling'))).toMatch(/, top client 10\.244\.0\.1 \(node\)$/);
  });

  it('shows each pull under the stages, and the reason of one that failed', () => {
    const lines = renderEvidence({ summary: clusterSummary(), paint: PLAIN }).split('\n');
    const at = lines.findIndex((line) => line.startsWith('IMAGE '));
    expect(lines.slice(at - 1, at + 6).map((line) => line.split(/ {2,}/))).toEqual([
      [''],
      ['IMAGE', 'OUTCOME', 'PULL', 'WITH QUEUE', 'SIZE', 'PROXY BYTES', 'RATE'],
      ['docker.io/library/node:22-bookworm', 'pulled', '42.9 s', '43.1 s', '393.9 MiB', '390.0 MiB', '9.1 MiB/s'],
      ['docker.io/library/alpine:3.20', 'present', '-', '-', '-', '0 B', '-'],
      ['docker.io/library/golang:1.24-bookworm', 'failed', '-', '-', '-', '9.8 KiB', '4.9 KiB/s'],
      ['', 'docker.io/library/golang:1.24-bookworm: manifest unknown'],
      [''],
    ]);
  });

  it('says in plain words that others used the proxy, and who', () => {
    const client = (name: string, bytes: number) => ({ name, bytes, class: 'other' as const });
    const clients = [
      client('10.9.0.1', 2_097_152),
      client('10.9.0.2', 1_024),
      client('10.9.0.3', 3),
      client('others', 1),
    ];
    const text = renderEvidence({ summary: { ...clusterSummary(), clients, shared: true }, paint: PLAIN });
    expect(text).toContain(
      "shared: other clients used the proxy during the run: 10.9.0.1 2.0 MiB, 10.9.0.2 1.0 KiB, 10.9.0.3 3 B and 1 more; only the run's own connections count for it\n",
    );
    expect(renderEvidence({ summary: clusterSummary(), paint: PLAIN })).not.toContain('shared:');
    const ofNode = {
      ...clusterSummary(),
      clients: [{ name: '10.9.0.1', bytes: 5, class: 'node' as const }],
      shared: true,
    };
    expect(renderEvidence({ summary: ofNode, paint: PLAIN })).toContain('shared: the node used the proxy for others');
  });

  it('tells what earlier attempts at image pulls moved as a part of what lies outside stages', () => {
    const summary = clusterSummary();
    const totals = { ...summary.totals, outsideBytes: 3_145_728, earlierAttemptsBytes: 1_048_576 };
    const text = renderEvidence({ summary: { ...summary, totals }, paint: PLAIN });
    expect(text).toContain('outside stages 3.0 MiB (1.0 MiB of it by earlier attempts), unattributed');
  });

  it.each([80, 120, 200])('is no wider than %i columns', (width) => {
    const text = renderEvidence({ summary: { ...clusterSummary(), clients: [], shared: true }, paint: PLAIN, width });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^STAGE +STATE/);
    expect(text).toMatch(/\nIMAGE +OUTCOME/);
  });
});

function clusterSummary(): ResultSummary {
  const image = { startedAtMs: 0, finishedAtMs: 1, durationMs: null, durationWithQueueMs: null, sizeBytes: null };
  const evidence = buildEvidence({
    stages: [
      buildStageEvidence({ stage: 'image-pull', topClient: { name: '10.244.0.1', bytes: 9, class: 'node' } }),
      buildStageEvidence({ stage: 'npm-install', topClient: { name: '10.244.0.17', bytes: 9, class: 'pod' } }),
    ],
    images: [
      {
        ...image,
        image: 'docker.io/library/node:22-bookworm',
        outcome: 'pulled',
        durationMs: 42_900,
        durationWithQueueMs: 43_100,
        sizeBytes: 413_034_086,
        proxyBytes: 408_944_640,
        rateBytesPerSecond: 9_532_509,
      },
      { ...image, image: 'docker.io/library/alpine:3.20', outcome: 'present', proxyBytes: 0, rateBytesPerSecond: 0 },
      {
        ...image,
        image: 'docker.io/library/golang:1.24-bookworm',
        outcome: 'failed',
        proxyBytes: 10_000,
        rateBytesPerSecond: 5_000,
        reason: 'manifest unknown',
      },
    ],
    shared: false,
  });
  return summaryOf(buildResult({ evidence }));
}
