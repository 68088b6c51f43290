import { describe, expect, test } from 'vitest';
import { historyOf } from '../../../../src/cluster/kubernetes/job-history.ts';
import type { JobObservation } from '../../../../src/cluster/kubernetes/job-history.ts';
import { pageAfter } from '../../../../src/cluster/kubernetes/transition-page.ts';
import type { Recording } from '../../../support/kubernetes-recording.ts';
import { podOf, readRecording, statusOf } from '../../../support/kubernetes-recording.ts';

const PROBE = 'docker.io/proxybench/probe:1';

/** A Job without a Pod, and what its controller says of that. */
function refusedItsPod(): Recording {
  const recording = readRecording('complete');
  recording.job.status = { startTime: '2026-11-21T17:38:29Z' };
  const involvedObject = { kind: 'Job', uid: recording.job.metadata?.uid ?? '' };
  const said = { reason: 'FailedCreate', involvedObject };
  recording.pods = [];
  recording.events = [
    {
      ...said,
      message: 'exceeded quota, still',
      firstTimestamp: '2026-11-21T17:38:50Z',
      lastTimestamp: '2026-11-21T17:39:50Z',
    },
    {
      ...said,
      message: 'exceeded quota',
      firstTimestamp: '2026-11-21T17:38:30Z',
      lastTimestamp: '2026-11-21T17:38:40Z',
    },
  ];
  return recording;
}

/** `stage phase +milliseconds since the Job was made`. */
function told(observation: JobObservation): readonly string[] {
  const madeMs = Date.parse(observation.job?.metadata?.creationTimestamp ?? '');
  return historyOf(observation).entries.map(
    ({ key, transition: { stage, phase, atMs } }) => `${key} ${stage ?? 'Job'} ${phase} +${atMs - madeMs}`,
  );
}

function transition(observation: JobObservation, key: string) {
  return historyOf(observation).entries.find((entry) => entry.key === key)?.transition;
}

function later(recording: Recording, ms: number): Recording {
  return { ...recording, nowMs: recording.nowMs + ms };
}

describe('a Job that went well', () => {
  test('is told pull by pull and stage by stage, as exactly as events and messages tell', () => {
    const recording = readRecording('complete');
    expect(told(recording)).toEqual([
      '0p image-pull started +1284',
      '0P image-pull finished +1475',
      '0s one started +1968',
      '0f one finished +4750',
      '1p image-pull started +5206',
      '1P image-pull finished +5241',
      '1s two started +5452',
      '1f two finished +5999',
      '2p image-pull started +6228',
      '2P image-pull finished +6228',
      '2s three started +6460',
      '2f three finished +7999',
      'J Job finished +10000',
    ]);
    expect(historyOf(recording)).toMatchObject({ job: 'succeeded', endReason: null, stages: ['one', 'two', 'three'] });
  });

  test('gives the exact start with the end, and the runtime’s facts with a pull', () => {
    const recording = readRecording('complete');
    const madeMs = Date.parse('2026-11-21T17:38:29Z');
    expect(transition(recording, '0f')).toEqual({
      stage: 'one',
      phase: 'finished',
      atMs: madeMs + 4_750,
      exitCode: 0,
      startedAtMs: madeMs + 1_250,
    });
    expect(transition(recording, '0P')).toEqual({
      stage: 'image-pull',
      phase: 'finished',
      atMs: madeMs + 1_475,
      image: PROBE,
      pull: { mode: 'pulled', durationMs: 190, durationWithQueueMs: 190, sizeBytes: 5_253_166 },
    });
    expect(transition(recording, '2P')?.pull).toEqual({
      mode: 'present',
      durationMs: null,
      durationWithQueueMs: null,
      sizeBytes: null,
    });
  });

  test('is told in the same order where everything has whole seconds only', () => {
    const recording = withoutSharpTimes(readRecording('complete'));
    expect(told(recording)).toEqual([
      '0p image-pull started +1000',
      '0P image-pull finished +1000',
      '0s one started +1000',
      '0f one finished +4999',
      '1p image-pull started +5000',
      '1P image-pull finished +5000',
      '1s two started +5000',
      '1f two finished +5999',
      '2p image-pull started +6000',
      '2P image-pull finished +6000',
      '2s three started +6000',
      '2f three finished +7999',
      'J Job finished +10000',
    ]);
  });

  test('an end known to the second is not later than what is known to have begun after it', () => {
    const recording = readRecording('complete');
    const terminated = statusOf(recording, 'one').state?.terminated;
    if (terminated) Object.assign(terminated, { message: '', finishedAt: '2026-11-21T17:38:34Z' });
    expect(transition(recording, '0f')?.atMs).toBe(Date.parse('2026-11-21T17:38:34.206Z'));
  });

  test('an event whose name was made from another clock counts with its whole second', () => {
    const recording = readRecording('complete');
    const started = recording.events.find(({ reason }) => reason === 'Started');
    if (started?.metadata) started.metadata.name = 'complete-5q89f.18ea2000d22b0b17';
    // Its image came at +1475: it did not start before.
    expect(transition(recording, '0s')?.atMs).toBe(Date.parse('2026-11-21T17:38:30.475Z'));
  });

  test('stages that ended between two looks are told with both their ends', () => {
    const before = readRecording('complete');
    const one = statusOf(before, 'one');
    one.state = { waiting: { reason: 'PodInitializing' } };
    for (const name of ['two', 'three']) statusOf(before, name).state = { waiting: { reason: 'PodInitializing' } };
    before.events = [];
    delete before.job.status;
    const first = pageAfter({ history: historyOf(before), cursor: null });
    expect(first).toMatchObject({ transitions: [], job: 'running' });
    const after = pageAfter({ history: historyOf(readRecording('complete')), cursor: first.cursor });
    expect(after.transitions).toHaveLength(13);
  });

  test('the addresses of its Pod and its node are known, and those that the configuration adds', () => {
    const recording = readRecording('complete');
    recording.node.spec = { podCIDR: '10.244.3.0/24', podCIDRs: ['10.244.3.0/24', 'fd00:3::/64'] };
    recording.node.status?.addresses?.push({ type: 'ExternalIP', address: '203.0.113.9' });
    expect(historyOf({ ...recording, nodeAddresses: ['192.0.2.1', '198.51.100.10'] }).clients).toEqual({
      pod: ['10.244.0.4'],
      node: ['192.0.2.1', '198.51.100.10', '203.0.113.9', '10.244.3.1', '10.244.3.0', 'fd00:3::1', 'fd00:3::'],
    });
    const { node: _, ...withoutNode } = recording;
    expect(historyOf(withoutNode).clients).toEqual({ pod: ['10.244.0.4'], node: ['198.51.100.10'] });
  });
});

describe('where events are missing', () => {
  test('a pull whose end was not told ended before its container started, once nothing will come any more', () => {
    const recording = readRecording('running');
    recording.events = recording.events.filter(
      ({ reason, involvedObject }) => reason !== 'Pulled' || involvedObject?.fieldPath !== 'spec.containers{two}',
    );
    const startedMs = transition(recording, '1s')?.atMs ?? 0;
    expect(transition({ ...recording, nowMs: startedMs + 5_000 }, '1P')).toBeUndefined();
    expect(transition({ ...recording, nowMs: startedMs + 5_001 }, '1P')).toMatchObject({
      phase: 'finished',
      atMs: startedMs,
      pull: { mode: 'pulled', durationMs: null, durationWithQueueMs: null, sizeBytes: null },
    });
  });

  test('a pull whose begin was not told began as long before its end as the runtime says', () => {
    const recording = readRecording('running');
    recording.events = recording.events.filter(({ reason }) => reason !== 'Pulling');
    const [begun, ended] = [transition(recording, '1p'), transition(recording, '1P')];
    expect((ended?.atMs ?? 0) - (begun?.atMs ?? 0)).toBe(272);
  });

  test('without any event an image that is always asked for was pulled between the stages', () => {
    const recording = { ...readRecording('complete'), events: [] };
    expect(told(recording)).toEqual([
      '0p image-pull started +0',
      '0P image-pull finished +1000',
      '0s one started +1000',
      '0f one finished +4750',
      '1p image-pull started +4750',
      '1P image-pull finished +5000',
      '1s two started +5000',
      '1f two finished +5999',
      '2s three started +6000',
      '2f three finished +7999',
      'J Job finished +10000',
    ]);
  });

  test('a failed pull is told from the status alone', () => {
    const recording = { ...readRecording('no-such-image'), events: [] };
    expect(transition(recording, '1X')).toMatchObject({
      stage: 'image-pull',
      phase: 'failed',
      image: 'docker.io/proxybench/absent:1',
      reason: expect.stringMatching(/^ErrImagePull: rpc error: code = NotFound/),
    });
    expect(historyOf(recording).job).toBe('failed');
  });
});

describe('a Job whose image does not come', () => {
  test('has failed although its cluster goes on trying, in the runtime’s own words', () => {
    const { job, entries } = historyOf(readRecording('no-such-image'));
    const reason = 'docker.io/proxybench/absent:1: not found';
    expect(job).toBe('failed');
    expect(entries.find(({ key }) => key === '1X')?.transition).toMatchObject({ stage: 'image-pull', reason });
    expect(entries.at(-1)).toMatchObject({ key: 'J', transition: { stage: null, phase: 'failed', reason } });
  });

  test('tells each further try that the kubelet counts on the same event', () => {
    const pulls = told(readRecording('no-such-image')).filter((line) => line.startsWith('1'));
    expect(pulls).toEqual([
      '1p image-pull started +2187',
      '1X image-pull failed +2286',
      '1p2 image-pull started +17000',
      '1X2 image-pull failed +17000',
    ]);
  });

  test('tells a name that is none', () => {
    const { job, endReason } = historyOf(readRecording('invalid-image-name'));
    expect({ job, endReason }).toEqual({
      job: 'failed',
      endReason: expect.stringMatching(/^InspectFailed: Failed to apply default image tag "Bad\/\/Name"/),
    });
  });

  test('has not failed any more once a later try has brought the image and the container has started', () => {
    const recording = readRecording('no-such-image');
    statusOf(recording, 'two').state = { running: { startedAt: '2026-11-21T17:38:50Z' } };
    expect(historyOf(recording).job).toBe('running');
  });
});

describe('a stage that fails', () => {
  test('tells its exit code, and the Job why it ended', () => {
    const recording = readRecording('exit-seven');
    expect(transition(recording, '0x')).toMatchObject({ stage: 'one', exitCode: 7, reason: 'exit code 7' });
    expect(transition(recording, 'J')).toMatchObject({
      phase: 'failed',
      reason: 'BackoffLimitExceeded: Job has reached the specified backoff limit',
    });
    expect(told(recording).some((line) => line.includes('two'))).toBe(false);
  });

  test('out of memory, says so', () => {
    expect(transition(readRecording('out-of-memory'), '0x')).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  test('because it could not even be run, gives the runtime’s words', () => {
    const recording = readRecording('exit-seven');
    const terminated = statusOf(recording, 'one').state?.terminated;
    if (terminated)
      Object.assign(terminated, { reason: 'StartError', message: 'exec: "sh": not found', exitCode: 128 });
    expect(transition(recording, '0x')?.reason).toBe('StartError: exec: "sh": not found');
  });

  test('after restarts, has run since its first start and tells of them', () => {
    const recording = readRecording('exit-seven');
    const one = statusOf(recording, 'one');
    one.restartCount = 1;
    one.lastState = {
      terminated: { exitCode: 255, startedAt: '2026-11-21T17:38:30Z', finishedAt: '2026-11-21T17:38:30Z' },
    };
    expect(transition(recording, '0x')?.reason).toBe('exit code 7, after 1 restart');
    expect(transition(recording, '0s')?.atMs).toBe(Date.parse('2026-11-21T17:38:31.319Z'));
  });

  test('with its Pod, given up by the cluster without an end of its own, tells the Pod’s reason', () => {
    const recording = readRecording('running');
    Object.assign(podOf(recording).status ?? {}, {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on disk.',
    });
    expect(transition(recording, '1x')).toMatchObject({ stage: 'two', reason: 'Evicted: The node was low on disk.' });
  });
});

describe('what a cluster would wait out', () => {
  test('a container that cannot be made fails its stage after ten seconds, and not before', () => {
    const recording = readRecording('config-error');
    const hasImageMs = transition(recording, '0P')?.atMs ?? 0;
    const at = (ms: number) => historyOf({ ...recording, nowMs: hasImageMs + ms });
    expect(at(9_999).job).toBe('running');
    expect(at(10_000)).toMatchObject({
      job: 'failed',
      endedAtMs: hasImageMs + 10_000,
      endReason: 'CreateContainerConfigError: configmap "nope" not found',
    });
    expect(at(10_000).entries.find(({ key }) => key === '0x')?.transition).toMatchObject({
      stage: 'one',
      phase: 'failed',
    });
  });

  test('a Pod without a place fails the Job after a minute, in the scheduler’s words', () => {
    const recording = readRecording('unschedulable');
    const sinceMs = Date.parse(podOf(recording).metadata?.creationTimestamp ?? '');
    expect(historyOf({ ...recording, nowMs: sinceMs + 59_999 }).job).toBe('running');
    expect(historyOf({ ...recording, nowMs: sinceMs + 60_000 })).toMatchObject({
      job: 'failed',
      endReason: expect.stringMatching(/^Unschedulable: 0\/1 nodes are available/),
    });
  });

  test('a Job that is refused its Pod fails half a minute after the first refusal, in the words of the newest', () => {
    const recording = refusedItsPod();
    const firstMs = Date.parse('2026-11-21T17:38:30Z');
    expect(historyOf({ ...recording, nowMs: firstMs + 29_999 }).job).toBe('running');
    const failed = historyOf({ ...recording, nowMs: firstMs + 30_000 });
    expect(failed).toMatchObject({ job: 'failed', endedAtMs: firstMs + 30_000 });
    expect(pageAfter({ history: failed, cursor: null }).transitions).toEqual([
      expect.objectContaining({ stage: null, phase: 'failed', reason: 'FailedCreate: exceeded quota, still' }),
    ]);
  });

  test('refusals of another Job of the name, and of one that is not let go yet, fail nothing', () => {
    const recording = refusedItsPod();
    const another = structuredClone(recording);
    for (const { involvedObject } of another.events) Object.assign(involvedObject ?? {}, { uid: 'another' });
    expect(historyOf(later(another, 3_600_000)).job).toBe('running');
    Object.assign(recording.job.spec ?? {}, { suspend: true });
    expect(historyOf(later(recording, 3_600_000)).job).toBe('running');
  });

  test('a node that is away for fifteen seconds fails the Job that runs on it', () => {
    const recording = readRecording('running');
    const ready = recording.node.status?.conditions?.find(({ type }) => type === 'Ready');
    const since = new Date(recording.nowMs).toISOString();
    if (ready)
      Object.assign(ready, {
        status: 'Unknown',
        lastTransitionTime: since,
        message: 'Kubelet stopped posting node status.',
      });
    expect(historyOf(later(recording, 14_999)).job).toBe('running');
    expect(historyOf(later(recording, 15_000))).toMatchObject({
      job: 'failed',
      endReason: expect.stringMatching(/^node proxybench-node is not ready: .*Kubelet stopped posting/),
    });
    const { node: _, ...unread } = later(recording, 60_000);
    expect(historyOf(unread).job).toBe('running');
  });

  test('a Job that nobody has finished making is running, one that somebody suspended was stopped', () => {
    const recording = readRecording('suspended');
    expect(historyOf(recording)).toMatchObject({ job: 'stopped', endReason: 'suspended by somebody else' });
    const justLetGo = readRecording('suspended');
    if (justLetGo.job.spec) justLetGo.job.spec.suspend = false;
    expect(historyOf(justLetGo).job).toBe('running');
    if (recording.job.metadata) recording.job.metadata.generation = 1;
    expect(historyOf(recording).job).toBe('running');
  });

  test('a Job that is gone is lost', () => {
    expect(historyOf({ job: null, pods: [], events: [], nowMs: 0 })).toMatchObject({ job: 'lost', entries: [] });
  });
});

function withoutSharpTimes(recording: Recording): Recording {
  for (const { metadata } of recording.events) if (metadata) metadata.name = 'complete-5q89f.abc';
  for (const name of ['one', 'two', 'three']) delete statusOf(recording, name).state?.terminated?.message;
  return recording;
}

test('while the end of a stage is not known yet, nothing is told of what comes after it', () => {
  const recording = readRecording('running');
  statusOf(recording, 'one').state = { running: { startedAt: '2026-11-21T17:38:52Z' } };
  statusOf(recording, 'two').state = { waiting: { reason: 'PodInitializing' } };
  expect(historyOf(recording).entries.map(({ key }) => key)).toEqual(['0p', '0P', '0s']);
});
