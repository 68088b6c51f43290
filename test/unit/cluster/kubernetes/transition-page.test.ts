import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { JobObservation } from '../../../../src/cluster/kubernetes/job-history.ts';
import { historyOf } from '../../../../src/cluster/kubernetes/job-history.ts';
import { pageAfter } from '../../../../src/cluster/kubernetes/transition-page.ts';
import { podOf, readRecording, statusOf } from '../../../support/kubernetes-recording.ts';

function page(observation: JobObservation, cursor: string | null = null) {
  return pageAfter({ history: historyOf(observation), cursor });
}

test('asking again from a cursor tells nothing twice', () => {
  const recording = readRecording('complete');
  const first = page(recording);
  expect(first.transitions).toHaveLength(13);
  expect(page(recording, first.cursor)).toEqual({ ...first, transitions: [] });
});

test('an event that comes late is told when it comes, and only then', () => {
  const recording = readRecording('running');
  const [lateOnes, inTime] = [
    recording.events.filter(({ reason }) => reason === 'Pulled'),
    recording.events.filter(({ reason }) => reason !== 'Pulled'),
  ];
  const first = page({ ...recording, events: inTime, nowMs: Date.parse('2026-11-21T17:38:54Z') });
  expect(first.transitions.filter(({ pull }) => pull !== undefined)).toHaveLength(1);
  const second = page({ ...recording, events: [...inTime, ...lateOnes] }, first.cursor);
  expect(second.transitions.map(({ stage, phase, pull }) => [stage, phase, pull?.durationMs])).toEqual([
    ['image-pull', 'finished', 168],
  ]);
});

test('a stage that ended is told once, whatever a later look makes of its end', () => {
  const recording = readRecording('exit-seven');
  const first = page(recording);
  const one = statusOf(recording, 'one');
  one.state = { terminated: { exitCode: 0, startedAt: '2026-11-21T17:38:31Z', finishedAt: '2026-11-21T17:38:31Z' } };
  expect(page(recording, first.cursor).transitions).toEqual([]);
});

test('a cursor for five stages has less than 150 bytes, for a dozen less than 300', () => {
  const keys = (stages: number): string =>
    Array.from({ length: stages }, (_, index) => `${index}p.${index}P.${index}s.${index}f`).join('.');
  const cursorOf = (stages: number): number => Buffer.byteLength(`1;790afa1d;${keys(stages)}.J`);
  expect(cursorOf(5)).toBeLessThan(150);
  expect(cursorOf(12)).toBeLessThan(300);
  expect(page(readRecording('complete')).cursor).toBe(`1;790afa1d;${'0p.0P.0s.0f.1p.1P.1s.1f.2p.2P.2s.2f.J'}`);
});

test.each(['', 'nonsense', '0', '9;abc;0s'])('the cursor %j of another version tells of nothing', (cursor) => {
  expect(page(readRecording('complete'), cursor).transitions).toHaveLength(13);
});

describe('a Pod that was deleted', () => {
  test('ends the stage that ran and the Job, with that reason', () => {
    const { cursor } = page(readRecording('deleted-before'));
    const reason = "the Job's Pod was deleted while one ran";
    const atMs = Date.parse('2026-11-21T17:38:57Z');
    expect(page(readRecording('deleted'), cursor)).toMatchObject({
      job: 'failed',
      transitions: [
        { stage: 'one', phase: 'failed', atMs, reason },
        { stage: null, phase: 'failed', atMs, reason },
      ],
    });
  });

  test('is waited for until its Job says how it goes on', () => {
    const { cursor } = page(readRecording('deleted-before'));
    const gone = { ...readRecording('deleted-before'), pods: [] };
    expect(page(gone, cursor)).toMatchObject({ job: 'running', transitions: [], cursor });
  });

  test('while it is still seen to go, is the reason as well', () => {
    const recording = readRecording('deleted-before');
    const pod = podOf(recording);
    if (pod.metadata) pod.metadata.deletionTimestamp = '2026-11-21T17:38:55Z';
    statusOf(recording, 'one').state = {
      terminated: {
        exitCode: 143,
        reason: 'Error',
        startedAt: '2026-11-21T17:38:50Z',
        finishedAt: '2026-11-21T17:38:56Z',
      },
    };
    recording.job.status = readRecording('deleted').job.status ?? {};
    const reason = "the Job's Pod was deleted while one ran";
    expect(page(recording).transitions.slice(-2)).toMatchObject([
      { stage: 'one', phase: 'failed', exitCode: 143, reason },
      { stage: null, phase: 'failed', reason },
    ]);
  });

  test('ends a pull that was under way', () => {
    const before = readRecording('deleted-before');
    before.events = before.events.filter(({ reason }) => reason === 'Pulling');
    statusOf(before, 'one').state = { waiting: { reason: 'PodInitializing' } };
    const { cursor } = page(before);
    expect(page(readRecording('deleted'), cursor).transitions).toMatchObject([
      {
        stage: 'image-pull',
        phase: 'failed',
        image: 'docker.io/proxybench/probe:1',
        reason: "the Job's Pod was deleted",
      },
      { stage: null, phase: 'failed', reason: "the Job's Pod was deleted" },
    ]);
  });

  test('and replaced by another, never has its transitions mixed with the other’s', () => {
    const { cursor } = page(readRecording('deleted-before'));
    const other = readRecording('deleted-before');
    const pod = podOf(other);
    Object.assign(pod.metadata ?? {}, {
      uid: 'ffffffff-0000-0000-0000-000000000000',
      creationTimestamp: '2026-11-21T17:39:10Z',
    });
    const replaced = page(other, cursor);
    expect(replaced).toMatchObject({
      job: 'failed',
      transitions: [
        { stage: 'one', phase: 'failed', atMs: Date.parse('2026-11-21T17:39:10Z') },
        { stage: null, phase: 'failed', reason: "the Job's Pod was deleted while one ran" },
      ],
    });
    expect(page(other, replaced.cursor)).toMatchObject({ job: 'failed', transitions: [] });
  });

  test('asked for from the beginning is still the reason', () => {
    expect(page(readRecording('deleted')).transitions).toMatchObject([
      { stage: null, reason: "the Job's Pod was deleted" },
    ]);
  });
});

test('a Job ended by its own deadline says so, for the stage that ran too', () => {
  const before = readRecording('running');
  const { cursor } = page(before);
  expect(page({ ...readRecording('deadline') }, cursor)).toMatchObject({
    job: 'failed',
    transitions: [
      { stage: 'two', phase: 'failed', reason: 'DeadlineExceeded: Job was active longer than specified deadline' },
      { stage: null, phase: 'failed', reason: 'DeadlineExceeded: Job was active longer than specified deadline' },
    ],
  });
});

test('a Job that succeeded and lost its Pod before the last look has finished its stages', () => {
  const { cursor } = page(readRecording('running'));
  const complete = { ...readRecording('complete'), pods: [] };
  expect(page(complete, cursor)).toMatchObject({
    job: 'succeeded',
    transitions: [
      { stage: 'two', phase: 'finished' },
      { stage: null, phase: 'finished' },
    ],
  });
});
