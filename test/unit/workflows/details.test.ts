import { describe, expect, it } from 'vitest';
import { fleetDetails } from '../../../src/workflows/fleet-details.ts';
import type { FleetStatus, RunStatus } from '../../../src/workflows/messages.ts';
import { runDetails } from '../../../src/workflows/run-details.ts';
import { buildEvidence, buildStageEvidence } from '../../support/result-builder.ts';

const STATUS: RunStatus = {
  version: 1,
  runId: 'r1',
  workflowId: 'proxybench-run-r1',
  target: 'local',
  profile: 'host-deps',
  node: 'node-1',
  jobName: 'job-r1',
  state: 'running',
  startedAtMs: 0,
  finishedAtMs: null,
  deadlineAtMs: 60_000,
  stages: [
    { name: 'npm-install', state: 'passed', startedAtMs: 0, finishedAtMs: 2_000 },
    { name: 'go-download', state: 'running', startedAtMs: 2_000, finishedAtMs: null, note: 'a note' },
  ],
  omittedStages: [{ name: 'apk-add', reason: 'apk is missing' }],
  pullAttempts: 1,
  cancelReason: null,
  evidence: null,
  verdict: null,
};

describe("a run in Temporal's web UI", () => {
  it('is a headline and a row for each stage while it goes on', () => {
    expect(runDetails(STATUS)).toBe(
      [
        '**running** · host-deps on local (node node-1) · run r1 · Job job-r1 · started 1970-01-01 00:00:00Z · deadline 1970-01-01 00:01:00Z',
        '',
        '| stage | state | started | duration | window | rate | top destination | note |',
        '| --- | --- | --- | --- | --- | --- | --- | --- |',
        '| npm-install | passed | 1970-01-01 00:00:00Z | 2.0 s | - | - | - |  |',
        '| go-download | running | 1970-01-01 00:00:02Z | - | - | - | - | a note |',
        '',
        '| left out | why |',
        '| --- | --- |',
        '| apk-add | apk is missing |',
      ].join('\n'),
    );
  });

  it('adds the verdict and what the proxy saw once it has ended', () => {
    const details = runDetails({
      ...STATUS,
      state: 'failed',
      finishedAtMs: 5_000,
      evidence: buildEvidence({ stages: [buildStageEvidence()] }),
      verdict: {
        outcome: 'failed',
        failureFamily: 'go-download',
        reason: 'go-download failed.',
        stage: 'go-download',
        logLines: [],
      },
    });
    expect(details).toContain('**failed**');
    expect(details).toContain('took 5.0 s');
    expect(details).toContain('go-download failed. (failure family: go-download)');
    expect(details).toContain(
      '| npm-install | passed | 1970-01-01 00:00:00Z | 2.0 s | 2.0 MiB | 1.0 MiB/s | registry.example:443 |  |',
    );
  });

  it('says that other clients used the proxy, when they did', () => {
    const ended = (shared: boolean): string =>
      runDetails({ ...STATUS, state: 'passed', finishedAtMs: 5_000, evidence: buildEvidence({ shared }) });
    expect(ended(true)).toContain('coverage 100.0%, shared with other clients');
    expect(ended(false)).not.toContain('shared');
  });

  it('stays below 20 KB whatever it is given, and keeps each row on its line', () => {
    const hostile = '| **x** <b>\n'.repeat(500) + '☃'.repeat(5_000);
    const details = runDetails({
      ...STATUS,
      target: hostile,
      cancelReason: hostile,
      stages: Array.from({ length: 300 }, () => ({
        name: hostile,
        state: 'failed',
        startedAtMs: 0,
        finishedAtMs: 1,
        reason: hostile,
      })),
      omittedStages: Array.from({ length: 300 }, () => ({ name: hostile, reason: hostile })),
    });
    expect(Buffer.byteLength(details)).toBeLessThan(20_000);
    expect(details.split('\n').filter((line) => line.startsWith('| ') && !line.endsWith('|'))).toEqual([]);
    expect(details).toContain('(more was left out for want of room)');
  });
});

describe('a cell of a table there', () => {
  it('cannot add columns or markup', () => {
    const stages = [{ name: 'a | b **c** <d>', state: 'passed' as const, startedAtMs: null, finishedAtMs: null }];
    const row = runDetails({ ...STATUS, stages }).split('\n')[4];
    expect(row).toBe('| a \\| b \\*\\*c\\*\\* \\<d\\> | passed | - | - | - | - | - |  |');
  });
});

describe("a fleet in Temporal's web UI", () => {
  const fleet = (rows: FleetStatus['rows']): FleetStatus => ({
    version: 1,
    fleetId: 'f1',
    profile: 'host-deps',
    state: 'running',
    rows,
  });

  it('counts what has ended and names why a target gave nothing', () => {
    const row = { runId: 'r1', workflowId: 'w1', summary: null };
    expect(
      fleetDetails(
        fleet([
          { ...row, target: 'D601', state: 'ended', error: 'no such target' },
          { ...row, target: 'D518', state: 'queued', error: null },
        ]),
      ),
    ).toBe(
      [
        '**running** · host-deps · 1 of 2 targets ended',
        '',
        '| target | run | state | failure family | note |',
        '| --- | --- | --- | --- | --- |',
        '| D601 | r1 | ended | - | no such target |',
        '| D518 | r1 | queued | - |  |',
      ].join('\n'),
    );
  });

  it('stays below 20 KB for a thousand targets', () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => ({
      target: `${'☃'.repeat(500)}${index}`,
      runId: 'r'.repeat(500),
      workflowId: 'w',
      state: 'ended' as const,
      summary: null,
      error: 'e'.repeat(5_000),
    }));
    expect(Buffer.byteLength(fleetDetails(fleet(rows)))).toBeLessThan(20_000);
  });
});
